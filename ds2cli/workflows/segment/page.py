"""The HTML page of a segmenting job: its recordings, with their sound beside them, written whole or not at all."""

from pathlib import Path
from typing import Any

from ds2cli.io.atomic import atomic_text
from ds2cli.reporting.choices import Sound
from ds2cli.reporting.segment_page import segment_page
from ds2cli.workflows.page_sound import sound_address
from ds2cli.workflows.segment.recording import SegmentedRecording
from ds2cli.workflows.segment.wording import not_said


def write_segment_page(answers: list[SegmentedRecording], path: Path, sound: Sound) -> None:
    """Write the page of all recordings that were answered.

    raises  UsageError where the page's folder does not exist, or a recording that should be embedded cannot be read
    """
    found = [answer for answer in answers if answer.recording]
    recordings = [_recording(answer, path, sound) for answer in found]
    kept = sum(one["kept"] for one in recordings)
    seconds, kept_seconds = (sum(one[name] for one in recordings) for name in ("seconds", "kept_seconds"))
    rejected = sum(one["rejected_seconds"] for one in recordings)
    unwritten = sum(one["unwritten_seconds"] for one in recordings)
    dropped = sum(one["dropped_words"] for one in recordings)
    words = sum(gap["words"] for one in recordings for gap in one["unspoken"])
    figures = [
        _figure("kept", f"{kept_seconds / 60:.1f} min", f"{kept:,} segments of {kept_seconds / max(kept, 1):.1f} s"),
        _figure("heard", f"{seconds / 60:.1f} min", f"recordings: {len(recordings):,}"),
        _figure("rejected", f"{rejected / 60:.1f} min", "by the filter"),
        _figure("without text", f"{unwritten / 60:.1f} min", "speech that is not in the text"),
        _figure("not heard", f"{words:,}", "words of the text"),
        _figure("dropped", f"{dropped:,}", "words heard, but in no segment"),
    ]
    problems = [words for answer in answers for words in (answer.problem, answer.doubt) if words]
    summary = {"settings": " · ".join(problems), "figures": figures}
    title = f"segments of {found[0].pair.id}" if len(found) == 1 else f"segments of {len(found)} recordings"
    with atomic_text(path) as stream:
        stream.write(segment_page(title, recordings, summary))


def _recording(answer: SegmentedRecording, page: Path, sound: Sound) -> dict[str, Any]:
    notes = [f"{note['start']:.1f} s to {note['end']:.1f} s: {note['text']}" for note in answer.recording["notes"]]
    if answer.recording["not_said"]:
        notes.append(not_said(answer.recording["not_said"]))
    audio = sound_address(Path(answer.pair.audio), page, sound)
    return {**answer.recording, "segments": answer.placed, "audio": audio, "notes": notes}


def _figure(name: str, value: str, note: str) -> dict[str, str]:
    return {"name": name, "value": value, "note": note}
