"""How much of a language model the units can say: shares of its unigram mass, so that rare words weigh little."""

from dataclasses import dataclass

import numpy as np

from ds2cli import _kernels, hints
from ds2cli.language.model import NgramModel
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.text.lexicon import Lexicon
from ds2cli.text.units import Units

ENOUGH, TOO_LITTLE = 0.9, 0.1  # of the mass: below the one a warning, below the other an error
HALF = 0.5  # of the units: of a model of units that knows fewer, most of what is said would be unknown
SHOWN, NAMED = 3, 1000


@dataclass(frozen=True)
class Coverage:
    """What of a model can be said.

    what     "words", or "units" where these are the tokens
    said, of  words of the model; or units that it knows, and all units
    mass     the share of the model's unigram probability that can be said, special tokens left out
    missing  the model's tokens that cannot be said, the likeliest first; for units, the units that it does not know
    cure     something to try
    """

    what: str
    said: int
    of: int
    mass: float
    missing: list[str]
    cure: str

    def __str__(self) -> str:
        missing = "`, `".join(self.missing[:SHOWN])
        end = f" (not `{missing}`)" if missing else ""
        if self.what == "units":
            return f"it knows {self.said:,} of {self.of:,} units{end}, {100 * self.mass:.1f} % of its unigram mass"
        return f"{self.said:,} of {self.of:,} words can be said{end}, {100 * self.mass:.1f} % of the unigram mass"

    @property
    def is_enough(self) -> bool:
        return self.mass >= ENOUGH and (self.what == "words" or self.said >= ENOUGH * self.of)

    @property
    def is_nothing(self) -> bool:
        """Whether decoding with the model has no sense."""
        return self.mass < TOO_LITTLE or (self.what == "units" and self.said < HALF * self.of)


def coverage_of(model: NgramModel | None, what: str, ids: list[int], said: np.ndarray,
                speller: Units | Lexicon, named: int = NAMED) -> Coverage | None:
    """How much of a model is said by tokens.

    ids, said  the model's id of each token, and whether it can be said
    named      how many of those that cannot are named at most
    """
    if model is None:
        return None
    mass = np.power(10.0, _kernels.unigrams(model.kernel, len(model.words)).astype(np.float64))
    mass[model.ids([UNKNOWN.encode(), BEGIN.encode(), END.encode()])] = 0
    is_said = np.zeros(len(mass), bool)
    is_said[np.array(ids, np.int64)[np.asarray(said, bool)]] = True
    is_said[0] = False
    share = float(mass[is_said].sum() / max(mass.sum(), 1e-300))
    if what == "units" and isinstance(speller, Units):
        unknown = [name for name, number in zip(speller.names[1:], ids[1:], strict=True) if not number]
        cure = hints.MODEL_OF_UNITS
        return Coverage(what, len(speller) - 1 - len(unknown), len(speller) - 1, share, unknown, cure)
    missing = np.flatnonzero(~is_said & (mass > 0))
    missing = missing[np.argsort(-mass[missing], kind="stable")]
    words = [model.words[number] for number in missing[:named].tolist()]
    cure = _cure(words[:NAMED], speller)
    return Coverage(what, int((is_said & (mass > 0)).sum()), int((mass > 0).sum()), share, words, cure)


def _cure(missing: list[str], speller: Units | Lexicon) -> str:
    """What would let more of the words be said."""
    def sayable(word: str) -> bool:
        return word in speller if isinstance(speller, Lexicon) else not speller.unknown(word)

    for case, name in ((str.lower, "lower case"), (str.upper, "capitals")):
        if sum(sayable(case(word)) for word in missing) > len(missing) // 2:
            return f"write its text in {name} and build it again: ds2 lm build"
    if isinstance(speller, Lexicon):
        return f"add them to `{speller.path}`" if speller.path else "add them to the lexicon"
    return f"the units are {' '.join(speller.names[1:12])} ..."
