"""Records as Praat's TextGrid: words and segments on two tiers.

Format: https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ds2cli.records.jsonl import Record
from ds2cli.records.timed import of_one_recording, said, stretch, timed_words


class _Interval(NamedTuple):
    """A stretch of a tier, in seconds."""

    start: float
    end: float
    text: str


def textgrid(records: Iterable[Record], text: str, seconds: float | None = None) -> Iterator[str]:
    """The lines of a TextGrid in its long form.

    text     the records' field that holds what was said
    seconds  length of the recording; None is where the last record or word ends

    A tier covers the whole recording, as Praat wants it: what lies between has an empty text. What overlaps the stretch
    before it begins where that ends.
    raises  UsageError where the records are of more than one recording
    """
    segments: list[_Interval] = []
    words: list[_Interval] = []
    for record in of_one_recording(records, "TextGrids"):
        segments.append(_Interval(*stretch(record), said(record, text)))
        words += [_Interval(word["start"], word["end"], word["word"]) for word in timed_words(record)]
    end = max([seconds or 0.0, *(one.end for one in segments + words)])
    tiers = [("words", _filled(words, end)), ("segments", _filled(segments, end))]
    yield 'File type = "ooTextFile"\nObject class = "TextGrid"\n'
    yield f"xmin = 0\nxmax = {end:.3f}\ntiers? <exists>\nsize = {len(tiers)}\nitem []:"
    for number, (name, intervals) in enumerate(tiers, 1):
        yield f'    item [{number}]:\n        class = "IntervalTier"\n        name = "{name}"'
        yield f"        xmin = 0\n        xmax = {end:.3f}\n        intervals: size = {len(intervals)}"
        for place, one in enumerate(intervals, 1):
            yield f"        intervals [{place}]:\n            xmin = {one.start:.3f}\n            xmax = {one.end:.3f}"
            yield f"            text = {_quoted(one.text)}"


def _filled(intervals: list[_Interval], end: float) -> list[_Interval]:
    """The intervals in order, to the millisecond, with empty ones between them, from 0 to end."""
    filled: list[_Interval] = []
    at = 0.0
    for start, stop, text in sorted(intervals):
        start, stop = max(round(start, 3), at), round(stop, 3)
        if stop <= start:
            continue
        if start > at:
            filled.append(_Interval(at, start, ""))
        filled.append(_Interval(start, stop, text))
        at = stop
    if at < round(end, 3) or not filled:
        filled.append(_Interval(at, end, ""))
    return filled


def _quoted(text: str) -> str:
    """A text as Praat writes it: on one line, quotation marks doubled."""
    return '"' + " ".join(text.split()).replace('"', '""') + '"'
