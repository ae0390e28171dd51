"""Time-marked references and hypotheses: NIST stm against ctm.

A reference segment takes the words of its recording and channel whose middle lies before its end and that no earlier
segment took; the last segment takes all the rest (SCTK, stm2ctm.c). So every word is scored exactly once, except those
that fall to a segment marked IGNORE_TIME_SEGMENT_IN_SCORING.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ds2cli.errors import ManifestError
from ds2cli.scoring.inputs.lines import Line
from ds2cli.scoring.inputs.transcripts import check_markup

IGNORED = "IGNORE_TIME_SEGMENT_IN_SCORING"
STM_HINT = "each line is: recording channel speaker start end [<labels>] words"
CTM_HINT = "each line is: recording channel start duration word [confidence]"
Channel = tuple[str, str]


@dataclass(slots=True)
class Segment:
    """One line of an stm file; times in seconds."""

    channel: Channel
    speaker: str
    start: float
    end: float
    labels: list[str]
    text: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.channel[0]}-{self.channel[1]}-{self.start:.2f}-{self.end:.2f}"


@dataclass(slots=True)
class Mark:
    """A word of a ctm file, or a whole alternation as `{ a / b }`; `middle` in seconds."""

    channel: Channel
    middle: float
    text: str
    number: int


class Clock:
    """Complains where time runs backwards within a recording and channel: words would fall to the wrong segments."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.latest: dict[Channel, tuple[float, int]] = {}

    def tick(self, channel: Channel, start: float | None, number: int) -> None:
        latest, line = self.latest.get(channel, (-math.inf, 0))
        if start is not None and start < latest:
            message = f"{self.name}, line {number}: starts at {start:g} s, before line {line} ({latest:g} s)"
            raise ManifestError(message, hint="sort each recording and channel by time")
        if start is not None:
            self.latest[channel] = start, number


def read_stm(lines: Iterable[Line], name: str) -> Iterator[Segment]:
    """The segments of an stm file.

    raises  ManifestError naming the line that is not one
    """
    clock = Clock(name)
    for number, line in lines:
        if line.startswith(";;") or not line.strip():
            continue
        cells = line.split(maxsplit=5)
        if len(cells) < 5:
            raise ManifestError(f"{name}, line {number}: {len(cells)} fields of at least 5", hint=STM_HINT)
        recording, channel, speaker = cells[:3]
        start, end = (_seconds(cell, name, number, STM_HINT) for cell in cells[3:5])
        if end < start:
            raise ManifestError(f"{name}, line {number}: ends ({end:g} s) before it starts ({start:g} s)")
        clock.tick((recording, channel), start, number)
        text = cells[5] if len(cells) > 5 else ""
        labels: list[str] = []
        if text.startswith("<"):
            label, _, text = text.partition(" ")
            labels = [part for part in label.strip("<>").split(",") if part]
        check_markup(text, name, number)
        yield Segment((recording, channel), speaker, start, end, labels, text.strip(), number)


def read_ctm(lines: Iterable[Line], name: str) -> Iterator[Mark]:
    """The words of a ctm file; <ALT_BEGIN> a <ALT> b <ALT_END> becomes one mark `{ a / b }` at its latest middle.

    raises  ManifestError naming the line that is not one
    """
    ways: list[list[str]] = []
    middle = 0.0
    opened = 0
    clock = Clock(name)
    for number, line in lines:
        if line.startswith(";") or not line.strip():
            continue
        cells = line.split()
        if len(cells) < 5:
            raise ManifestError(f"{name}, line {number}: {len(cells)} fields of at least 5", hint=CTM_HINT)
        channel, word = (cells[0], cells[1]), cells[4]
        tag = word.upper() if word.upper().startswith("<ALT") else ""
        if tag in ("<ALT_BEGIN>", "<ALT>", "<ALT_END>"):
            if (tag == "<ALT_BEGIN>") == bool(ways):
                hint = "alternatives look like <ALT_BEGIN> a <ALT> b <ALT_END>, one to a line"
                raise ManifestError(f"{name}, line {number}: `{word}` out of place", hint=hint)
            if tag == "<ALT_END>":
                yield Mark(channel, middle, "{ " + " / ".join(" ".join(way) or "@" for way in ways) + " }", opened)
                ways, middle = [], 0.0
            else:
                ways.append([])
                opened = number if tag == "<ALT_BEGIN>" else opened
            continue
        if "{" in word or "}" in word:
            hint = "alternatives in a ctm look like <ALT_BEGIN> a <ALT> b <ALT_END>, one to a line"
            raise ManifestError(f"{name}, line {number}: a brace in `{word}`", hint=hint)
        start, duration = (_seconds(cell.removeprefix("&&"), name, number, CTM_HINT) for cell in cells[2:4])
        clock.tick(channel, start if not ways else None, number)
        if ways:
            ways[-1].append(word)
            middle = max(middle, start + duration / 2)
        else:
            yield Mark(channel, start + duration / 2, word, number)
    if ways:
        raise ManifestError(f"{name}, line {opened}: `<ALT_BEGIN>` without `<ALT_END>`")


def _seconds(cell: str, name: str, number: int, hint: str) -> float:
    try:
        seconds = float(cell)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise ManifestError(f"{name}, line {number}: `{cell}` is not a time in seconds", hint=hint)
    return seconds


def words_by_segment(segments: list[Segment], marks: list[Mark]) -> list[str | None]:
    """The hypothesis of each segment; None where the hypotheses know nothing of its recording and channel."""
    by_channel: dict[Channel, list[Mark]] = {}
    for mark in marks:
        by_channel.setdefault(mark.channel, []).append(mark)
    last = {segment.channel: n for n, segment in enumerate(segments)}
    taken = dict.fromkeys(by_channel, 0)
    texts: list[str | None] = []
    for n, segment in enumerate(segments):
        waiting = by_channel.get(segment.channel)
        if waiting is None:
            texts.append(None)
            continue
        first = end = taken[segment.channel]
        while end < len(waiting) and (n == last[segment.channel] or waiting[end].middle < segment.end):
            end += 1
        taken[segment.channel] = end
        texts.append(" ".join(mark.text for mark in waiting[first:end]))
    return texts
