"""The table of English readings: `written<TAB>reading<TAB>class` in each line.

A reading is what a careful American reader says. `(and)` may be left out; `(zero/oh)` is one of several, or nothing
where one of them is empty; whole readings that are as good stand beside each other, with `|` between.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("english_readings.tsv")


class Example(NamedTuple):
    """A sentence, its reading as it stands in the table, and its class."""

    written: str
    reading: str
    kind: str


def examples(path: Path = TABLE) -> Iterator[Example]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield Example(*line.split("\t"))


def says(reading: str, words: str) -> bool:
    """Whether words are one of those that a reading allows."""
    return any(re.fullmatch(_regular(whole), f" {words}") for whole in reading.split("|"))


def _regular(reading: str) -> str:
    """The same as a regular expression, in which each word brings the space before it."""
    parts: list[str] = []
    tokens = re.findall(r"[a-z']+|[()/]", reading)
    for at, token in enumerate(tokens):
        if token == "(":
            parts.append("(?:")
        elif token == ")":
            parts.append(")" if _offers_choices(tokens, at) else ")?")
        else:
            parts.append("|" if token == "/" else f" {token}")
    return "".join(parts)


def _offers_choices(tokens: list[str], end: int) -> bool:
    """Whether the group that ends here has several members, and not one that may be left out."""
    depth = 0
    for token in reversed(tokens[:end]):
        depth += {")": 1, "(": -1}.get(token, 0)
        if depth < 0:
            return False
        if token == "/" and depth == 0:
            return True
    raise ValueError("a group that is not opened")
