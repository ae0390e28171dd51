"""Both sides made comparable before they are scored, and what was done, in words for the report.

One thing is always done: Unicode's canonical composition (NFC), so that `é` written with one code point and with two
is the same letter. It changes no text that a person could tell from the original.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from ds2cli.scoring.inputs.pairs import Pair

_MARKS = re.compile(r"([{}/@])")


@dataclass(frozen=True)
class Normaliser:
    """What is done to every text of both sides.

    name  for the report
    apply  a text without marks -> its normalised form
    offers_choices  whether the result may hold `{ a / b }`
    """

    name: str
    apply: Callable[[str], str]
    offers_choices: bool = False

    def __call__(self, pairs: list[Pair]) -> None:
        """Normalise the pairs in place; in marked-up transcripts only what stands between the marks."""
        for pair in pairs:
            pair.reference = self._text(pair.reference, pair.markup)
            pair.hypothesis = self._text(pair.hypothesis, pair.markup)
            pair.markup = pair.markup or self.offers_choices

    def _text(self, text: str, markup: bool) -> str:
        if not markup or not _MARKS.search(text):
            return self.apply(text)
        pieces = [piece if piece in "{}/@" else self.apply(piece) for piece in _MARKS.split(text) if piece.strip()]
        return " ".join(pieces)


def compose(pairs: list[Pair]) -> None:
    """Put both sides of every pair into Unicode's canonical composition, in place."""
    for pair in pairs:
        if not pair.reference.isascii():
            pair.reference = unicodedata.normalize("NFC", pair.reference)
        if not pair.hypothesis.isascii():
            pair.hypothesis = unicodedata.normalize("NFC", pair.hypothesis)


def only_case_differs(pairs: list[Pair]) -> bool:
    """Whether one side is written in capitals throughout and the other is not: a person will hardly have meant it."""
    sides = " ".join(pair.reference for pair in pairs[:1000]), " ".join(pair.hypothesis for pair in pairs[:1000])
    return sides[0].isupper() != sides[1].isupper() and sides[0].islower() != sides[1].islower()


def fold_case(text: str) -> str:
    """A text without difference of case, in any script."""
    return text.casefold()
