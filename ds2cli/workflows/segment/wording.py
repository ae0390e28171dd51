"""What became of each recording, in a line for people."""

from ds2cli.phrases import clock, counted
from ds2cli.text.unspoken import JOINED
from ds2cli.workflows.segment.recording import SegmentedRecording


def sentence(answer: SegmentedRecording) -> str:
    """What became of one recording, in a line for people."""
    found = answer.recording
    parts = [f"{found['id']}: {clock(found['seconds'])}", f"{clock(found['kept_seconds'])} in "
             f"{counted(found['kept'], 'segment')}"]
    if found["segments"] > found["kept"]:
        parts.append(f"{found['segments'] - found['kept']} rejected ({counted(found['rejected_words'], 'word')})")
    if found["dropped_words"]:
        parts.append(f"{counted(found['dropped_words'], 'word')} dropped ({_reasons(found['dropped'])})")
    if found["unwritten_seconds"]:
        parts.append(f"{clock(found['unwritten_seconds'])} without text")
    if found["unspoken"]:
        words = sum(one["words"] for one in found["unspoken"])
        parts.append(f"{counted(words, 'word')} not heard")
    if found["no_unit"]:
        shown = " ".join(list(found["no_unit"])[:5])
        parts.append(f"no unit for {shown}")
    if found["not_in_lexicon"]:
        lost = found["not_in_lexicon"]
        shown = ", ".join(f"`{word}`" for word in list(lost)[:5])
        parts.append(f"{counted(sum(lost.values()), 'word')} not in the lexicon ({shown})")
    if found["not_said"]:
        parts.append(not_said(found["not_said"]))
    notes = [f"{clock(note['start'])} to {clock(note['end'])}: {note['text']}" for note in found["notes"]]
    return " · ".join(parts + notes)


def not_said(left_out: dict[str, int]) -> str:
    """What was done to a text before it was aligned, for people."""
    gone = ", ".join(f"{what} ({count:,})" for what, count in left_out.items() if what != JOINED)
    joined = f"{JOINED} ({left_out[JOINED]:,})" if JOINED in left_out else ""
    return " · ".join(part for part in (f"left out of the text: {gone}" if gone else "", joined) if part)


def _reasons(dropped: list[dict]) -> str:
    return ", ".join(dict.fromkeys(one["reason"] for one in dropped))


def hours(seconds: float) -> str:
    """`1.25 h`."""
    return f"{seconds / 3600:,.2f} h"
