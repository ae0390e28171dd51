"""NIST's ctm: one word a line, `recording channel start duration word [confidence]`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ds2cli.errors import ManifestError
from ds2cli.io.text import Line
from ds2cli.records.jsonl import Record
from ds2cli.records.names import SafeNames
from ds2cli.records.stm import SPACES, WHITE_SPACE, Channel, Clock, seconds
from ds2cli.records.timed import recording_key, recording_name, timed_words

HINT = "each line is: recording channel start duration word [confidence]"


_MARK = re.compile(r"[{}/]")  # no marks in a ctm, whose alternatives stand on lines of their own


@dataclass(slots=True)
class Mark:
    """A word of a ctm file, or a whole alternation as `{ a / b }`; other braces and slashes stand behind backslashes.

    middle  of its time, in seconds
    """

    channel: Channel
    middle: float
    text: str
    number: int


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
        cells = WHITE_SPACE.split(line.strip(SPACES))
        if len(cells) < 5:
            raise ManifestError(f"{name}, line {number}: {len(cells)} fields of at least 5", hint=HINT)
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
        word = _MARK.sub(r"\\\g<0>", word)
        start, duration = (seconds(cell.removeprefix("&&"), name, number, HINT) for cell in cells[2:4])
        clock.tick(channel, start if not ways else None, number)
        if ways:
            ways[-1].append(word)
            middle = max(middle, start + duration / 2)
        else:
            yield Mark(channel, start + duration / 2, word, number)
    if ways:
        raise ManifestError(f"{name}, line {opened}: `<ALT_BEGIN>` without `<ALT_END>`")


def ctm(records: Iterable[Record], text: str) -> Iterator[str]:
    """Lines of ctm: every word of the records, on channel 1; `text` is not needed.

    Recordings' names are made safe, and two of one name are told apart.
    """
    names = SafeNames()
    for record in records:
        recording = names.of(recording_name(record), recording_key(record))
        for word in timed_words(record):
            length = word["end"] - word["start"]
            sure = word.get("confidence", 1.0)
            said = "_".join(word["word"].split())
            if said:
                yield f"{recording} 1 {word['start']:.3f} {length:.3f} {said} {sure:.3f}"
