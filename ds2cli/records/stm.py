"""NIST's stm: time-marked references, `recording channel speaker start end [<labels>] words`."""

import math
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ds2cli.errors import ManifestError
from ds2cli.io.text import Line

HINT = "each line is: recording channel speaker start end [<labels>] words"
Channel = tuple[str, str]
# NIST's tools know ASCII's white space: any of it separates fields and words, no other does.
SPACES = " \t\n\r\f\v"
WHITE_SPACE = re.compile(f"[{SPACES}]+")


@dataclass(slots=True)
class StmSegment:
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


def read_stm(lines: Iterable[Line], name: str) -> Iterator[StmSegment]:
    """The segments of an stm file.

    raises  ManifestError naming the line that is not one
    """
    clock = Clock(name)
    for number, line in lines:
        if line.startswith((";;", "**")) or not line.strip():
            continue
        segment = parse_segment(line, name, number)
        clock.tick(segment.channel, segment.start, number)
        yield segment


def parse_segment(line: str, name: str, number: int) -> StmSegment:
    """raises  ManifestError where it is no line of stm"""
    cells = WHITE_SPACE.split(line.strip(SPACES), maxsplit=5)
    if len(cells) < 5:
        raise ManifestError(f"{name}, line {number}: {len(cells)} fields of at least 5", hint=HINT)
    start, end = (seconds(cell, name, number, HINT) for cell in cells[3:5])
    if end < start:
        raise ManifestError(f"{name}, line {number}: ends ({end:g} s) before it starts ({start:g} s)")
    text = cells[5] if len(cells) > 5 else ""
    labels: list[str] = []
    if text.startswith("<"):
        label, *rest = WHITE_SPACE.split(text, maxsplit=1)
        text = rest[0] if rest else ""
        labels = [part for part in label.strip("<>").split(",") if part]
    return StmSegment((cells[0], cells[1]), cells[2], start, end, labels, text.strip(SPACES), number)


def single(seconds: float) -> float:
    """A time in single precision, as NIST's tools keep it."""
    return struct.unpack("f", struct.pack("f", seconds))[0] if abs(seconds) < 1e38 else seconds


def seconds(cell: str, name: str, number: int, hint: str) -> float:
    """raises  ManifestError where it is no finite number"""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ManifestError(f"{name}, line {number}: `{cell}` is not a time in seconds", hint=hint)
    return value
