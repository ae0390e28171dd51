"""What a language model counts, and how units spell it: words through a lexicon, or single units."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError, UsageError
from ds2cli.language.model import NgramModel
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.scoring.edits.tokens import UNSPACED
from ds2cli.text.lexicon import Lexicon
from ds2cli.text.units import SPACE, SPACE_NAME, Units

SPACE_TOKENS = (SPACE_NAME, "▁", "|", "_")  # how models of characters write a space
ENOUGH, TOO_LITTLE = 0.9, 0.1  # of the model's unigram mass: below the one a warning, below the other an error
SHOWN, NAMED = 3, 1000


@dataclass(frozen=True)
class Coverage:
    """How much of a language model the units can say.

    what   "words", or "units" where these are the tokens
    mass   the share of its unigram probability, special tokens left out
    missing  those that cannot be said, the likeliest first
    """

    what: str
    said: int
    of: int
    mass: float
    missing: list[str]

    def __str__(self) -> str:
        return f"{self.said:,} of {self.of:,} {self.what}, {100 * self.mass:.1f} % of the unigram mass"


@dataclass(frozen=True)
class Tokens:
    """What is scored as one piece.

    has_words  words; else every unit is a token
    alphabet   the kernel's: what the units are made of
    lexicon    the kernel's trie of words, or None
    names      the token of each number: words of the lexicon, or units
    ids        the model's id of each token, 0 where it has none
    spells     whether units write words outside the lexicon too
    coverage   of the model; None without one
    """

    has_words: bool
    alphabet: Any
    lexicon: Any
    names: list[str]
    ids: list[int]
    spells: bool = True
    coverage: Coverage | None = None

    @property
    def warning(self) -> str:
        """What a person should know of a model that fits badly; "" where it fits."""
        if not self.coverage or self.coverage.mass >= ENOUGH:
            return ""
        missing = "`, `".join(self.coverage.missing[:SHOWN])
        return f"the language model fits badly: {self.coverage} can be said; not `{missing}`"


def tokens_of(units: Units, model: NgramModel | None, hot_words: list[str], lexicon: Lexicon | None = None) -> Tokens:
    """What is scored as one piece: words where a lexicon gives them or units spell them, else units.

    raises  LanguageModelError where the model's tokens are not what units say; UsageError for hot words that they don't
    """
    if lexicon is not None:
        return _spoken_words(units, model, hot_words, lexicon)
    known = _words_of(model)
    if not _counts_words(units, model, known):
        if hot_words:
            raise UsageError("hot words need a model of words", hint="this model scores single units")
        return _unit_tokens(units, model)
    if units.has_spaces and len(known) > len(units) // 2 and all(word in units.names for word in known):
        raise LanguageModelError(f"`{model.path}` is a model of characters, but the units spell words with spaces",
                                 hint="build one of words: ds2 lm build corpus.txt -o lm.arpa")
    return _spelled_words(units, model, known, hot_words)


def alphabet_of(units: Units) -> Any:
    """What the units are made of, for the kernel: code points, or the units themselves where they are written apart."""
    bodies = [units.body(index) for index in range(len(units))]
    symbols = [[index] if index else [] for index in range(len(units))] if units.separator else [
        [ord(letter) for letter in body] for body in bodies
    ]
    return _kernels.Alphabet(
        bodies=symbols, begins=[units.begins_word(index) for index in range(len(units))],
        space=units.names.index(units.mark) if units.mark in units.names else -1, joined=not units.has_spaces,
    )


def _words_of(model: NgramModel | None) -> list[str]:
    return [word for word in model.words if word not in (UNKNOWN, BEGIN, END)] if model else []


def _counts_words(units: Units, model: NgramModel | None, known: list[str]) -> bool:
    """Whether tokens are words: also over units that tell words apart, a model may be one of characters."""
    if units.has_spaces:
        return not (known and _spells_characters(known, units))
    if units.separator or model is None or re.search(f"[{UNSPACED}]", "".join(units.names)):
        return False
    return sum(len(word) > 1 and word not in units.names for word in known) > len(known) // 2


def _spells_characters(words: list[str], units: Units) -> bool:
    names = {*units.names, *SPACE_TOKENS}
    return any(token in words for token in SPACE_TOKENS) and all(word in names for word in words)


def _spelled_words(units: Units, model: NgramModel | None, known: list[str], hot_words: list[str]) -> Tokens:
    """Words that the units spell as they are written."""
    index = {word: number for number, word in enumerate(model.words)} if model else {}
    names = [*known, *(word for word in hot_words if word not in index)]
    alphabet = alphabet_of(units)
    if not names:
        return Tokens(True, alphabet, None, [], [])
    trie = _kernels.Lexicon(alphabet, len(names))
    spelled = trie.add_texts(names)
    trie.seal()
    if not trie.n_spelled:
        what = f"`{model.path}` has no word that the units spell" if known else "the units spell none of the hot words"
        raise LanguageModelError(what, hint=f"one is `{names[0]}`; the units are {' '.join(units.names[1:12])} ...")
    ids = [index.get(word, 0) for word in names]
    return Tokens(True, alphabet, trie, names, ids, True, coverage_of(model, "words", ids, spelled))


def _spoken_words(units: Units, model: NgramModel | None, hot_words: list[str], lexicon: Lexicon) -> Tokens:
    """Words that a lexicon spells; those of the model's that it lacks cannot be said."""
    index = {word: number for number, word in enumerate(model.words)} if model else {}
    unknown = [word for word in hot_words if word not in lexicon]
    if unknown:
        raise UsageError(f"hot word `{unknown[0]}` is not in `{lexicon.path}`",
                         hint=f"add a line to it: {unknown[0]} UNIT UNIT ...")
    alphabet = alphabet_of(units)
    trie = _kernels.Lexicon(alphabet, len(lexicon.words))
    symbols, starts = _symbols(units, lexicon)
    trie.add_spellings(lexicon.of, symbols, starts, lexicon.log_weights)
    trie.seal()
    ids = [index.get(word, 0) for word in lexicon.words]
    coverage = coverage_of(model, "words", ids, np.ones(len(ids), bool))
    if coverage and coverage.mass < TOO_LITTLE:
        raise LanguageModelError(f"`{lexicon.path}` has {coverage} of `{model.path}`",
                                 hint=f"it lacks `{coverage.missing[0]}`; its first is `{lexicon.words[0]}`")
    return Tokens(True, alphabet, trie, lexicon.words, ids, not units.separator, coverage)


def _symbols(units: Units, lexicon: Lexicon) -> tuple[np.ndarray, np.ndarray]:
    """A lexicon's spellings in the alphabet's symbols."""
    if units.separator:
        return lexicon.symbols, lexicon.starts
    bodies = [units.body(index) for index in range(len(units))]
    lengths = np.array([len(body) for body in bodies])[lexicon.symbols]
    letters = "".join(bodies[index] for index in lexicon.symbols.tolist())
    before = np.concatenate([[0], np.cumsum(lengths)])
    return np.frombuffer(letters.encode("utf-32-le"), np.int32), before[lexicon.starts]


def _unit_tokens(units: Units, model: NgramModel | None) -> Tokens:
    ids = [0]
    for name in units.names[1:]:
        spellings = SPACE_TOKENS if name == SPACE else (name,)
        ids.append(next((number for token in spellings if model and (number := model.kernel.index(token))), 0))
    if model and not any(ids):
        raise LanguageModelError(f"`{model.path}` knows none of the units",
                                 hint="units without a space need a model of units: one token for each")
    return Tokens(False, alphabet_of(units), None, list(units.names), ids)


def coverage_of(model: NgramModel | None, what: str, ids: list[int], said: np.ndarray) -> Coverage | None:
    """How much of a model tokens say; ids and said are theirs."""
    if model is None:
        return None
    log10_probs = _kernels.unigrams(model.kernel, len(model.words))
    mass = np.power(10.0, log10_probs.astype(np.float64))
    mass[[number for number, word in enumerate(model.words) if word in (UNKNOWN, BEGIN, END)]] = 0
    is_said = np.zeros(len(mass), bool)
    is_said[np.array(ids, np.int64)[np.asarray(said, bool)]] = True
    is_said[0] = False
    missing = np.flatnonzero(~is_said & (mass > 0))
    missing = missing[np.argsort(-mass[missing], kind="stable")]
    share = float(mass[is_said].sum() / max(mass.sum(), 1e-300))
    named = [model.words[number] for number in missing[:NAMED].tolist()]
    return Coverage(what, int((is_said & (mass > 0)).sum()), int((mass > 0).sum()), share, named)
