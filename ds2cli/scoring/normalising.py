"""Both sides made comparable before they are scored, and what was done, in words for the report."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ds2cli.scoring.pairs import Pair

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


def fold_case(text: str) -> str:
    """A text without difference of case, in any script."""
    return text.casefold()
