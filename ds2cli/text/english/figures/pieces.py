"""Patterns that several kinds of figures share, and what a rule of the grammar is made of."""

import re
from collections.abc import Callable
from typing import NamedTuple

from ds2cli.text.english.abbreviations import MONTHS

# Thin spaces part thousands wherever they stand; an ordinary one where nothing else could be meant.
THOUSANDS = (
    r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}|[1-9][0-9]{0,2}(?:\u2009[0-9]{3})+"
    r"|[1-9][0-9]{0,2}(?:\ 000)+|[1-9][0-9]?(?:\ [0-9]{3}){2,}|[1-9][0-9]{0,2}(?:'[0-9]{3})+"
)
NUMBER = rf"(?:(?:{THOUSANDS})(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
DECIMAL = rf"(?:{NUMBER}|\.[0-9]+)"
MONTH = "|".join([*(month.capitalize() for month in MONTHS), *"Jan Feb Mar Apr Jun Jul Aug Sept? Oct Nov Dec".split()])
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DASH = r"\s?-\s?"
# Nothing that would go on with the figure: a letter, a digit, a mark with a digit behind it.
END = r"(?![A-Za-z0-9]|[.,:/^][0-9]|-[0-9]+-[0-9])"


class FigureReading(NamedTuple):
    """What a rule says.

    words   the figure itself
    unit    the words of its unit, which one end of a range may leave to the other: `5%-10%`
    share   what tells this unit from others; two ends with the same `share` name it once
    """

    words: list[str]
    unit: list[str] = []
    share: str = ""


Found = re.Match[str]
Reading = Callable[[Found], FigureReading | None]


class Rule(NamedTuple):
    """One way of writing with digits. A reading that is None leaves the figure to the rules below.

    needs   characters of which one must be near for the pattern to match: to pass it over quickly; none are fine
    """

    kind: str
    pattern: re.Pattern[str]
    read: Reading
    needs: frozenset[str] = frozenset()


def rule(
    kind: str, pattern: str, read: Callable[[Found], FigureReading | list[str] | None], end: str = END, needs: str = ""
) -> Rule:
    """A rule that matches where `pattern` is followed by `end`, among whose characters one of `needs` must be."""

    def said(found: Found) -> FigureReading | None:
        words = read(found)
        return FigureReading(words) if isinstance(words, list) else words

    return Rule(kind, re.compile(f"(?:{pattern}){end}"), said, frozenset(needs))


def behind(pattern: str, longest: int) -> Callable[[Found], bool]:
    """Whether a pattern stands right before the figure, at most so many characters long."""
    compiled = re.compile(rf"(?:{pattern})\Z")
    return lambda found: bool(compiled.search(found.string, max(0, found.start() - longest), found.start()))
