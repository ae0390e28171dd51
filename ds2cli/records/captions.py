"""What subtitles of every kind share: words gathered into cues, and the clock that they show."""

from collections.abc import Iterable, Iterator

from ds2cli.records.jsonl import Record
from ds2cli.records.timed import of_one_recording, said, timed_words

CUE_SECONDS, CUE_CHARACTERS, PAUSE_SECONDS = 6.0, 80, 0.8  # a cue ends before it grows beyond these, or in a pause


def cues(records: Iterable[Record], text: str) -> Iterator[tuple[float, float, str]]:
    """Words gathered into subtitles: start, end (seconds), text; words with an `original` as that is written.

    text    the records' field that holds what was said
    raises  UsageError where the records are of more than one recording
    """
    for record in of_one_recording(records, "subtitles"):
        cue: list[Record] = []
        for word in _printed(list(timed_words(record)), said(record, text)):
            if cue and _is_full(cue, word):
                yield from _cue(cue)
                cue = []
            cue.append(word)
        yield from _cue(cue)


def _printed(words: list[Record], text: str) -> Iterator[Record]:
    """The words with an `original`: what the text has of each, with the space behind it if there is one."""
    at = 0
    for word in words:
        start = text.find(word["word"], at)
        at = start + len(word["word"]) if start >= 0 else at
        gap = " " if text[at : at + 1] == " " or start < 0 else ""
        yield {"original": word["word"] + gap, **word}


def _cue(words: list[Record]) -> Iterator[tuple[float, float, str]]:
    """One cue, or none: the later words of a number have nothing of their own to show."""
    shown = "".join(word["original"] for word in words).strip()
    if shown:
        yield words[0]["start"], words[-1]["end"], shown


def _is_full(cue: list[Record], word: Record) -> bool:
    characters = sum(len(one["word"]) + 1 for one in cue) + len(word["word"])
    too_long = word["end"] - cue[0]["start"] > CUE_SECONDS or characters > CUE_CHARACTERS
    return too_long or word["start"] - cue[-1]["end"] > PAUSE_SECONDS


def cue_time(seconds: float, point: str) -> str:
    """Hours, minutes, seconds, and thousandths behind `point`."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"
