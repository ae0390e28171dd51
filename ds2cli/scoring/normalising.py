"""Both sides made comparable before they are scored, and what was done, in words for the report.

One thing is always done: Unicode's canonical composition (NFC), so that `é` written with one code point and with two
is the same letter. It changes no text that a person could tell from the original.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ds2cli.io.text import compose
from ds2cli.scoring.edits.networks import untagged
from ds2cli.scoring.inputs.pairs import Pair

_BRACES = re.compile(r"(?<!\\)([{}])")  # behind a backslash nothing is a mark
_SLASH = re.compile(r"(?<!\\)/")
_ALONE = re.compile(r"(?<!\S)(@|\([^\s()]+\))(?!\S)")


@dataclass(frozen=True)
class Normaliser:
    """What is done to every text of both sides.

    name  for the report
    apply  a text without marks -> its normalised form
    offers_choices  whether the result may hold `{ a / b }`
    is_by_character  whether it leaves marks as they are, so that no text needs to be taken apart
    is_language  whether it knows words alone, so that NIST's tags (`word;tag`, `word*`) are taken off before
    """

    name: str
    apply: Callable[[str], str]
    offers_choices: bool = False
    is_language: bool = False
    is_by_character: bool = False

    def __call__(self, pairs: list[Pair]) -> None:
        """Normalise the pairs in place; in transcripts with marks only what stands between the marks."""
        for pair in pairs:
            pair.reference = self._text(pair.reference, pair.marked[0], pair.choices)
            pair.hypothesis = self._text(pair.hypothesis, pair.marked[1], pair.choices)
            pair.choices = pair.choices or self.offers_choices

    def _text(self, text: str, marked: bool, choices: bool) -> str:
        if self.is_by_character or (not marked and not (choices and "{" in text)):
            return self.apply(text)
        if marked and self.is_language and any(mark in text for mark in ";*\\"):
            text = " ".join(untagged(piece) for piece in text.split())
        if "{" not in text and "@" not in text and "(" not in text:
            return self.apply(text)
        pieces: list[str] = []
        depth = 0
        for part in _BRACES.split(text):
            depth += (part == "{") - (part == "}" and depth > 0)
            if part in ("{", "}"):
                pieces.append(part)
            else:
                pieces += self._inside(part) if depth else self._outside(part)
        return " ".join(filter(None, pieces))

    def _inside(self, part: str) -> list[str]:
        """Ways of an alternation; one whose words were all normalised away is a way without words."""
        ways = [self.apply(way) if way.strip() not in ("", "@") else way.strip() for way in _SLASH.split(part)]
        only = len(ways) == 1
        return [ways[0]] if only else [piece for n, way in enumerate(ways) for piece in (["/", way] if n else [way])]

    def _outside(self, part: str) -> list[str]:
        """Words, and those in brackets by themselves: they may be optional."""
        return [self._alone(piece) if _ALONE.fullmatch(piece) else self.apply(piece) for piece in _ALONE.split(part)]

    def _alone(self, piece: str) -> str:
        if piece == "@":
            return piece
        words = self.apply(piece[1:-1]).split()
        return " ".join(f"({word})" for word in words)


# No pen writes them, and no reader sees them: zero-width and soft marks, directions, byte-order marks.
INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u200c\u200d"
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def invisible_characters(pairs: list[Pair]) -> Counter[str]:
    """What nobody sees in the texts though it counts: how many texts hold each, as `U+200B`."""
    found: Counter[str] = Counter()
    for pair in pairs:
        for text in (pair.reference, pair.hypothesis):
            if not text.isascii():
                found.update(f"U+{ord(character):04X}" for character in set(_INVISIBLE.findall(text)))
    return found


# What parts sentences or quotes; not what is within words.
_PUNCTUATION = dict.fromkeys(map(ord, '.,?!;:"“”„«»…。，？！；：、「」『』《》'))


def differ_in_punctuation(pairs: list[Pair]) -> int:
    """How many pairs would be equal without punctuation, and are not: a quote in a table of tabs, a full stop."""
    return sum(pair.reference != pair.hypothesis and _bare(pair.reference) == _bare(pair.hypothesis) for pair in pairs)


def _bare(text: str) -> list[str]:
    return text.translate(_PUNCTUATION).split()


def compose_pairs(pairs: list[Pair]) -> None:
    """Put both sides of every pair into Unicode's canonical composition, in place."""
    for pair in pairs:
        pair.reference, pair.hypothesis = compose(pair.reference), compose(pair.hypothesis)


def only_case_differs(pairs: list[Pair]) -> bool:
    """Whether one side is written in capitals throughout and the other is not: a person will hardly have meant it."""
    sides = " ".join(pair.reference for pair in pairs[:1000]), " ".join(pair.hypothesis for pair in pairs[:1000])
    return sides[0].isupper() != sides[1].isupper() and sides[0].islower() != sides[1].islower()


def fold_case(text: str) -> str:
    """A text without difference of case, in any script."""
    return text.casefold()
