"""A second pass: the best hypotheses of a beam search, ranked anew by another language model.

The second model takes the first's place: of a hypothesis's total, the first model's log-probability, the reward of each
word and the penalties of words that it does not know make way for the second's. What both passes share stays:
sound, the boosts of hot words, a transducer's internal language model.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.decoding.coverage import Coverage, coverage_of
from ds2cli.decoding.hypothesis import Hypothesis
from ds2cli.decoding.settings import DecodingConfig, Settling
from ds2cli.decoding.tokens import unit_ids
from ds2cli.errors import LanguageModelError
from ds2cli.language.model import NgramModel
from ds2cli.text.lexicon import Lexicon

LN10 = math.log(10)


class Rescorer:
    """A language model that ranks what a beam search with another one, or with none, has found."""

    def __init__(self, first: BeamDecoder, model: NgramModel, lexicon: Lexicon | None = None) -> None:
        """raises  LanguageModelError where the model knows next to nothing of what the search can say

        first    the search, as it is set
        lexicon  how words are said, if there is one: to say what it lacks
        """
        self.first, self.model = first, model
        tokens = first.tokens
        self._hot = {token for phrase in tokens.phrases.values() for token in phrase}
        if tokens.has_words:
            self._ids = model.ids([name.encode() for name in tokens.names])
        else:
            self._ids = np.array(unit_ids(first.units, model), np.uint32)
        self.coverage = self._coverage(lexicon)
        if self.coverage and self.coverage.is_nothing:
            raise LanguageModelError(f"`{model.path}` does not fit: {self.coverage}", hint=self.coverage.cure)

    def _coverage(self, lexicon: Lexicon | None) -> Coverage | None:
        """What of the model the first pass can say: more than its own model's words, where units spell any."""
        tokens, units = self.first.tokens, self.first.units
        if tokens.has_words and tokens.spells and self.first.config.lexicon != "hard":
            words = self.model.words
            letters = {letter for letter in set().union(*words) if not units.unknown(letter)}
            said = np.array([letters.issuperset(word) or not units.unknown(word) for word in words])
            return coverage_of(self.model, "words", list(range(len(said))), said, units)
        said = np.ones(len(self._ids), bool)
        return coverage_of(self.model, "words" if tokens.has_words else "units", self._ids.tolist(), said,
                           lexicon or units)

    def parts(self, hypotheses: Sequence[Hypothesis]) -> np.ndarray:
        """What a second pass adds up: (N, 4) float64, natural logs.

        The columns: the total without the first pass's language model; log p of the second, with </s>; the number of
        words; the penalties of words that the second does not know.
        """
        return np.array([self._parts(one) for one in hypotheses]).reshape(-1, 4)

    def rank(self, hypotheses: Sequence[Hypothesis], alpha: float, beta: float) -> list[Hypothesis]:
        """The hypotheses by their new totals, best first; `lm` is of the second model; times are as they were."""
        parts = self.parts(hypotheses)
        totals = second_totals(parts, alpha, beta)
        return [replace(hypotheses[at], lm=float(parts[at, 1]), total=float(totals[at]))
                for at in np.argsort(-totals, kind="stable").tolist()]

    def _parts(self, one: Hypothesis) -> tuple[float, float, int, float]:
        config, first = self.first.config, self.first
        ids = self._ids_of(one)
        ends = np.append(ids, np.uint32(self.model.kernel.end_sentence))
        # One after another, as the kernel adds: the same model then gives the same number.
        lm = float(np.cumsum(LN10 * self.model.kernel.score_tokens(ends, True).astype(np.float64))[-1])
        n_tokens, before, after = len(one.tokens), 0.0, 0.0
        for place, token in enumerate(one.tokens):
            if token in self._hot:
                continue
            known_before = first.model is None or (token >= 0 and first.tokens.ids[token])
            if known_before and ids[place]:
                continue
            penalty = config.oov_penalty + config.oov_letter * self._letters(one, place)
            before += 0.0 if known_before else penalty
            after += 0.0 if ids[place] else penalty
        of_first = (config.alpha * one.lm if first.model else 0.0) + config.beta * n_tokens + before
        return one.total - of_first, lm, n_tokens, after

    def _ids_of(self, one: Hypothesis) -> np.ndarray:
        """The second model's numbers of a hypothesis's tokens: it may know words that the first does not."""
        ids = [0 if token < 0 else int(self._ids[token]) for token in one.tokens]
        for place, token in enumerate(one.tokens):
            if token < 0:
                ids[place] = int(self.model.ids([one.spoken[place][0].encode()])[0])
        return np.array(ids, np.uint32)

    def _letters(self, one: Hypothesis, place: int) -> int:
        """How many symbols the beam counts in a word."""
        token = one.tokens[place]
        if not self.first.tokens.has_words:
            return 1
        return self.first.tokens.lexicon.letters(token) if token >= 0 else len(one.spoken[place][0])


class RescoringDecoder:
    """A beam search with a second pass, behind the interface of `BeamDecoder`; live, the first pass alone."""

    def __init__(self, rescorer: Rescorer, config: DecodingConfig) -> None:
        """config  the weights of the second pass; those of the first are set"""
        self.rescorer, self.config, self.first = rescorer, config, rescorer.first
        self.units, self.model, self.tokens = self.first.units, self.first.model, self.first.tokens

    def decode(self, log_probs: np.ndarray, n_best: int = 1) -> list[Hypothesis]:
        """As BeamDecoder's, by the totals of the second pass."""
        found = self.first.decode(log_probs, max(n_best, self.config.rescore_nbest))
        return self.rescorer.rank(found, self.config.rescore_alpha, self.config.rescore_beta)[:n_best]

    def check(self, log_probs: np.ndarray, where: str) -> np.ndarray:
        """As the first's."""
        return self.first.check(log_probs, where)

    def start(self, settling: Settling | None = None) -> Any:
        """A search of the first pass."""
        return self.first.start(settling)


def second_totals(parts: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """What the second pass maximises, (N,), of `Rescorer.parts`."""
    return parts[:, 0] + (alpha * parts[:, 1] + beta * parts[:, 2] + parts[:, 3])
