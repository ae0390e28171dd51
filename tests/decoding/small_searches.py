"""Tiny utterances, vocabularies and models, and the scores of texts by their definitions."""

import math
from collections import defaultdict

import numpy as np

from ds2cli.decoding.beam import BeamDecoder
from ds2cli.language.model import NgramModel, model_in_memory
from ds2cli.language.ngrams import NgramTables
from ds2cli.text.units import SPACE, Units

UNITS = Units(("<blank>", " ", "a", "b"))
WORDS = ["a", "ab", "ba", "bb", "abb"]
LN10 = math.log(10.0)
NO_SPACE = -1  # every unit is a token


def random_log_probs(frames: int, units: int, seed: int, sharpness: float = 1.5) -> np.ndarray:
    """(T, V) float32 that sum to one in each frame."""
    logits = np.random.default_rng(seed).normal(size=(frames, units)) * sharpness
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def as_model(tables: NgramTables) -> NgramModel:
    """The model in memory."""
    return model_in_memory(tables)


def spelled_texts(log_probs: np.ndarray, space: int) -> dict[tuple[int, ...], float]:
    """log p_ctc of every text, by going through every path; spaces in a row, first or last, are folded."""
    frames, n_units = log_probs.shape
    texts: dict[tuple[int, ...], float] = defaultdict(float)
    paths = np.indices((n_units,) * frames).reshape(frames, -1).T
    scores = np.exp(log_probs.astype(float)[np.arange(frames), paths].sum(1))
    for path, score in zip(paths.tolist(), scores.tolist(), strict=True):
        text: list[int] = []
        before = 0
        for unit in path:
            if unit not in (0, before) and not (unit == space and text[-1:] in ([], [space])):
                text.append(unit)
            before = unit
        if text[-1:] == [space]:
            text.pop()
        texts[tuple(text)] += score
    return {text: math.log(score) for text, score in texts.items()}


def ways(log_probs: np.ndarray) -> dict[tuple[int, ...], float]:
    """p_ctc of every sequence of units, by going through every path."""
    frames, n_units = log_probs.shape
    found: dict[tuple[int, ...], float] = defaultdict(float)
    paths = np.indices((n_units,) * frames).reshape(frames, -1).T
    scores = np.exp(log_probs.astype(float)[np.arange(frames), paths].sum(1))
    for path, score in zip(paths.tolist(), scores.tolist(), strict=True):
        found[tuple(unit for at, unit in enumerate(path) if unit and (not at or path[at - 1] != unit))] += score
    return found


class Definition:
    """What a text earns beside its sound, straight from alpha log p_lm + beta |y| + penalties + boosts."""

    def __init__(self, decoder: BeamDecoder, tables: NgramTables | None) -> None:
        self.decoder, self.config, self.tables = decoder, decoder.config, tables
        self.space = UNITS.names.index(SPACE) if decoder.tokens.has_words else NO_SPACE

    def tokens(self, units: tuple[int, ...]) -> list[str]:
        """The words (or units) of a text."""
        if self.space == NO_SPACE:
            return [UNITS.names[unit] for unit in units]
        return UNITS.decode(units).split()

    def finished(self, tokens: list[str]) -> float:
        """The gain of finished tokens."""
        from arpa_models import backoff_score

        gain, history = 0.0, (1,)
        for token in tokens:
            known = self.tables is not None and token in self.tables.words
            boost = self.hot(token)
            gain += self.config.beta
            if self.tables is not None:
                word = self.tables.words.index(token) if known else 0
                gain += self.config.alpha * LN10 * backoff_score(self.tables, history, word)
                gain += 0.0 if known or boost else self.unknown(token)
                history = (*history, word)
        for asked, boost in self.config.hot_words.items():
            phrase = asked.split() if self.space != NO_SPACE else list(asked)
            gain += boost * sum(tokens[at : at + len(phrase)] == phrase for at in range(len(tokens)))
        return gain

    def hot(self, token: str) -> bool:
        """Whether a token is part of a phrase to expect, and so known."""
        return any(token in asked.split() or token == asked for asked in self.config.hot_words)

    def ending(self, units: tuple[int, ...]) -> float:
        """The gain of a whole text, </s> included; minus infinity where closed vocabulary forbids it."""
        return self.ending_of(self.tokens(units))

    def ending_of(self, tokens: list[str]) -> float:
        """The same of a text's tokens."""
        from arpa_models import backoff_score

        if self.config.lexicon == "hard" and any(token not in self.decoder.tokens.names for token in tokens):
            return -math.inf
        if self.tables is None:
            return self.finished(tokens)
        history = (1, *(self.tables.words.index(t) if t in self.tables.words else 0 for t in tokens))
        return self.finished(tokens) + self.config.alpha * LN10 * backoff_score(self.tables, history, 2)

    def rank(self, units: tuple[int, ...]) -> float:
        """What a prefix is ranked by: its finished tokens, and the best gain that its unfinished word can expect."""
        tokens = self.tokens(units)
        unfinished = tokens.pop() if self.space != NO_SPACE and units and units[-1] != self.space else ""
        if self.config.lexicon == "hard" and any(token not in self.decoder.tokens.names for token in tokens):
            return -math.inf
        return self.finished(tokens) + (self.lm_lookahead(unfinished) if unfinished else 0.0)

    def context(self, units: tuple[int, ...]) -> tuple:
        """What all that follows a prefix depends on: the words that the model still asks for, and the one under way."""
        tokens = self.tokens(units)
        unfinished = tokens.pop() if self.space != NO_SPACE and units and units[-1] != self.space else ""
        last = units[-1] if units else self.space  # at the beginning a space changes nothing, as after another
        if self.tables is None:
            return (), unfinished, last
        history = (1, *(self.tables.words.index(t) if t in self.tables.words else 0 for t in tokens))
        asked = {tuple(ngram[:-1]) for order in self.tables.ngrams[1:] for ngram in order.tolist()}
        for order, backoffs in zip(self.tables.ngrams, self.tables.log10_backoffs, strict=False):
            asked |= {tuple(ngram) for ngram in order[backoffs != 0].tolist()}
        suffixes = [history[at:] for at in range(len(history)) if history[at:] in asked]
        return max(suffixes, key=len, default=()) if tokens else history, unfinished, last

    def lm_lookahead(self, part: str) -> float:
        """The share of what a partial word can expect at best; outside the vocabulary, its penalty so far."""
        if not self.decoder.tokens.names:
            return 0.0
        weight = 0.0 if self.config.lexicon == "none" else self.config.lm_lookahead
        gains = [self.expected(name) for name in self.decoder.tokens.names if name.startswith(part)]
        if gains:
            return weight * max(gains)
        if self.config.lexicon == "hard":
            return -math.inf
        return weight * self.expected("<unk>") + self.unknown(part)

    def unknown(self, word: str) -> float:
        """The penalty of a word outside the vocabulary."""
        letters = 1 if self.space == NO_SPACE else len(word)
        return self.config.oov_penalty + self.config.oov_letter * letters if self.tables else 0.0

    def expected(self, word: str) -> float:
        boost = self.config.hot_words.get(word, 0.0)
        if self.tables is None:
            return self.config.beta + boost
        number = self.tables.words.index(word) if word in self.tables.words else 0
        return self.config.beta + boost + self.config.alpha * LN10 * float(self.tables.log10_probs[0][number])
