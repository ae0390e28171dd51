"""Subtitles as text: what SubRip (srt), WebVTT (vtt) and YouTube's sbv say, without numbers, times and markup.

https://www.w3.org/TR/webvtt1/ (sections 4 and 6); SubRip has no standard, so its reader takes what players take.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

CAPTION_SUFFIXES = (".srt", ".vtt", ".sbv")

_TIME = r"(?:\d+:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?"
_TIMING = re.compile(rf"\s*(?P<start>{_TIME})\s*(?:-{{1,3}}>|,)\s*(?P<end>{_TIME})(?:\s.*)?")
_SHORT_TIMES = re.compile(r"\s*\d+:\d{2}\s*,\s*\d+:\d{2}\s*")  # `0:15, 0:20` is text, not sbv's timing
_BLOCKS = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_INLINE_TIME = re.compile(rf"<{_TIME}>")
_READING = re.compile(r"<rt\b[^>]*>.*?(?:</rt\s*>|(?=</ruby))", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|</?>|<\d[\d:.,]*>|\{\\[^{}]*\}")
_ROLLS, _FEWEST = 0.4, 5  # share of cues that begin with lines of the cue before, of so many: nobody says so much twice


@dataclass(frozen=True)
class Cue:
    """Lines that are shown from start to end (seconds)."""

    start: float
    end: float
    lines: tuple[str, ...]


def is_captions(text: str) -> bool:
    """Whether a text is subtitles, whatever its name: it says so, or begins with a number and its times."""
    lines = [line for line in text[:2000].split("\n") if line.strip()][:2]
    if lines and re.match(r"\ufeff?WEBVTT(?:\s|$)", lines[0]):
        return True
    return any(_timing(line) and "->" in line for line in lines)


def text_of_captions(text: str) -> str:
    """The lines of all cues, each once: captions that roll show a line again when the next comes below it."""
    cues = list(read_cues(text))
    shown: list[str] = []
    rolls = _INLINE_TIME.search(text) is not None or _share_that_rolls(cues) > _ROLLS
    before: tuple[str, ...] = ()
    for cue in cues:
        shown += cue.lines[_again(before, cue.lines) :] if rolls else cue.lines
        before = cue.lines
    return "\n".join(shown) + "\n"


def read_cues(text: str) -> Iterator[Cue]:
    """The cues in order; comments, styles and what stands before the first times are passed over."""
    start = end = -1.0
    held: list[str] = []
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    in_block = False
    for number, line in enumerate(lines):
        timing = _timing(line)
        if timing:
            if start >= 0:
                yield _cue(start, end, _without_name(held, lines, number))
            start, end, held, in_block = _seconds(timing["start"]), _seconds(timing["end"]), [], False
        elif not line.strip():
            in_block = False
            held.append("")
        elif _BLOCKS.match(line) and (not held or not held[-1].strip()):
            in_block = True
        elif not in_block:
            held.append(line)
    if start >= 0:
        yield _cue(start, end, held)


def _timing(line: str) -> re.Match[str] | None:
    return None if _SHORT_TIMES.fullmatch(line) else _TIMING.fullmatch(line)


def _without_name(held: list[str], lines: list[str], number: int) -> list[str]:
    """A cue's lines without the number or name of the next cue: the line above its times, where a blank one or the
    cue's end stands before it."""
    name = lines[number - 1].strip() if number else ""
    alone = number < 2 or not lines[number - 2].strip()
    return held[:-1] if name and held and (alone or name.isdigit()) else held


def _cue(start: float, end: float, lines: list[str]) -> Cue:
    text = _TAG.sub("", _READING.sub("", "\n".join(lines)))
    shown = (" ".join(unescape(line).replace("\\N", " ").split()) for line in text.split("\n"))
    return Cue(start, end, tuple(line for line in shown if line))


def _seconds(clock: str) -> float:
    seconds = 0.0
    for part in clock.replace(",", ".").split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _again(before: tuple[str, ...], lines: tuple[str, ...]) -> int:
    """How many lines at the beginning were the last of the cue before."""
    most = min(len(before), len(lines))
    return next((count for count in range(most, 0, -1) if before[-count:] == lines[:count]), 0)


def _share_that_rolls(cues: list[Cue]) -> float:
    spoken = [cue.lines for cue in cues if cue.lines]
    again = sum(_again(before, after) > 0 for before, after in zip(spoken, spoken[1:], strict=False))
    return again / max(_FEWEST, len(spoken) - 1)
