"""Prefix beam search with an n-gram model: the door to the kernel. `readable.py` is the same search in a screenful."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.decoding.hypothesis import Hypothesis
from ds2cli.decoding.settings import DecodingConfig
from ds2cli.errors import LanguageModelError, UsageError
from ds2cli.language.model import NgramModel
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN
from ds2cli.text.units import SPACE, SPACE_NAME, Units

SPACE_TOKENS = (SPACE_NAME, "▁", "|", "_")  # how models of characters write a space
NO_SPACE = -1


@dataclass(frozen=True)
class Tokens:
    """What a language model counts: words, or single units; and what it knows of each.

    space    index of the space that ends a word; NO_SPACE where every unit is a token
    lexicon  the kernel's trie of words, or None
    names    the token of each number: words of the lexicon, or units
    ids      the model's id of each token, 0 where it has none
    """

    space: int
    lexicon: Any
    names: list[str]
    ids: list[int]


class BeamDecoder:
    """A search with its weights set; one serves any number of utterances, and of threads at once."""

    def __init__(self, units: Units, config: DecodingConfig | None = None, model: NgramModel | None = None,
                 tokens: Tokens | None = None) -> None:
        """raises  LanguageModelError where the model's tokens are not what the units spell

        tokens  those of another decoder with the same units, model and hot words: spares building them again
        """
        self.units, self.config, self.model = units, config or DecodingConfig(), model
        self.tokens = tokens or tokens_of(units, model, list(self.config.hot_words))
        if self.config.lexicon == "hard" and not self.tokens.lexicon:
            raise UsageError("a hard lexicon needs a model of words", hint="give one with --lm, or leave --lexicon out")
        boosts = [self.config.hot_words.get(name, 0.0) for name in self.tokens.names]
        mode = {"soft": "soft", "hard": "closed", "none": "open"}[self.config.lexicon]
        self._scorer = _kernels.Scorer(
            alpha=self.config.alpha, beta=self.config.beta, look_ahead=self.config.look_ahead,
            oov_penalty=self.config.oov_penalty, oov_letter=self.config.oov_letter,
            words=getattr(_kernels.Words, mode), n_units=len(units),
            space=self.tokens.space, model=model.kernel if model else None, lexicon=self.tokens.lexicon,
            ids=self.tokens.ids, boosts=boosts,
        )

    def decode(self, log_probs: np.ndarray, n_best: int = 1) -> list[Hypothesis]:
        """The best hypotheses of a whole utterance, at least one.

        log_probs  (T, V) float32 natural logs, as `check_log_probs` returns them
        """
        search = self.start()
        search.feed(log_probs)
        return search.finish(n_best)

    def start(self, collect_after: int = 1 << 20) -> "BeamSearch":
        """A search to be fed piece by piece.

        collect_after  prefixes in memory before those that no hypothesis needs are dropped
        """
        kernel = _kernels.Beam(
            self._scorer, beam=self.config.beam, score_threshold=self.config.score_threshold,
            cutoff_prob=self.config.cutoff_prob, cutoff_top=self.config.cutoff_top, collect_after=collect_after,
        )
        return BeamSearch(kernel, self.config.blank_penalty, self._text)

    def _text(self, indices: np.ndarray) -> str:
        text = self.units.decode(indices)
        return " ".join(text.split()) if self.units.has_spaces else text


class BeamSearch:
    """One utterance under way: the same hypotheses, however its frames are cut into pieces."""

    def __init__(self, kernel: Any, blank_penalty: float, text: Callable[[np.ndarray], str]) -> None:
        self._kernel, self._blank_penalty, self._text = kernel, blank_penalty, text

    def feed(self, log_probs: np.ndarray) -> None:
        """More frames: (any, V) float32 natural logs."""
        self._kernel.feed(lower_blank(log_probs, self._blank_penalty))

    def finish(self, n_best: int = 1) -> list[Hypothesis]:
        """The best hypotheses if the speech ended here; it may go on after."""
        return [Hypothesis(self._text(units), acoustic, lm, total, units, starts, ends, peaks)
                for units, acoustic, lm, total, starts, ends, peaks in self._kernel.finish(n_best)]


def lower_blank(log_probs: np.ndarray, penalty: float) -> np.ndarray:
    """(T, V) log-probs with the blank's lowered by `penalty`, normalised again.

    A network that is unsure of a letter answers with the blank, and a language model agrees with every letter that is
    left out: alpha cannot be raised without words being lost. This holds against it.
    """
    if not penalty:
        return log_probs
    blank = np.exp(np.minimum(log_probs[:, :1], 0))
    lowered = log_probs - np.log1p(blank * math.expm1(-penalty))  # all that a frame has left, shared anew
    lowered[:, 0] -= penalty
    return lowered


def tokens_of(units: Units, model: NgramModel | None, hot_words: list[str]) -> Tokens:
    """What is scored as one piece: words where units spell them with spaces, else units.

    A model whose every word is one unit, over units that have a space, is a model of characters: then units are tokens.
    """
    known = [word for word in model.words if word not in (UNKNOWN, BEGIN, END)] if model else []
    if not units.has_spaces or (known and _spells_characters(known, units)):
        if hot_words:
            raise UsageError("hot words need a model of words", hint="this model scores single units")
        return _unit_tokens(units, model)
    if len(known) > len(units) // 2 and all(word in units.names for word in known):
        raise LanguageModelError(f"`{model.path}` is a model of characters, but the units spell words with spaces",
                                 hint="build one of words: ds2 lm build corpus.txt -o lm.arpa")
    index = {word: number for number, word in enumerate(model.words)} if model else {}
    names = [*known, *(word for word in hot_words if word not in index)]
    space = units.names.index(SPACE)
    if not names:
        return Tokens(space, None, [], [])
    lexicon = _kernels.Lexicon(list(units.names), names)
    if not lexicon.n_spelled:
        what = f"`{model.path}` has no word that the units spell" if known else "the units spell none of the hot words"
        raise LanguageModelError(what, hint=f"one is `{names[0]}`; the units are {' '.join(units.names[1:12])} ...")
    return Tokens(space, lexicon, names, [index.get(word, 0) for word in names])


def _unit_tokens(units: Units, model: NgramModel | None) -> Tokens:
    ids = [0]
    for name in units.names[1:]:
        spellings = SPACE_TOKENS if name == SPACE else (name,)
        ids.append(next((number for token in spellings if model and (number := model.kernel.index(token))), 0))
    if model and not any(ids):
        raise LanguageModelError(f"`{model.path}` knows none of the units",
                                 hint="units without a space need a model of units: one token for each")
    return Tokens(NO_SPACE, None, list(units.names), ids)


def _spells_characters(words: list[str], units: Units) -> bool:
    names = {*units.names, *SPACE_TOKENS}
    return any(token in words for token in SPACE_TOKENS) and all(word in names for word in words)
