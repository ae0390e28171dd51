"""Tiny alignment problems, and the score of their best path by going through every path that the definition allows."""

import itertools
from collections.abc import Iterator

import numpy as np

from ds2cli.alignment.path import Prices, greedy_path
from ds2cli.text.units import BLANK

STAR = -1


def random_problem(seed: int, most_frames: int = 6, most_words: int = 3, units: int = 4):
    """log_probs (T, V), labels with many repeats, word_starts, and prices of which some are infinite or zero."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(generator.integers(1, most_frames + 1), units)) * generator.uniform(0.5, 4)
    log_probs = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)
    lengths = generator.integers(1, 3, size=generator.integers(0, most_words + 1))
    labels = generator.integers(1, units - 1, size=lengths.sum()).astype(np.int32)
    draw = generator.choice([0.0, 0.3, 1.0, 2.5], size=4)
    allow_stars, allow_skips = generator.random(2) < 0.7
    prices = Prices(draw[0] if allow_stars else np.inf, draw[1], draw[2], draw[3] if allow_skips else np.inf)
    return log_probs, labels, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32), prices


def best_score(log_probs: np.ndarray, labels, word_starts, prices: Prices, steps: int = 1) -> float:
    """The best score over every choice of words said, stars between them, and steps for each; -inf without any.

    steps  a frame, each of which earns its part of the frame's log-prob
    """
    heard = greedy_path(log_probs)
    stars = heard.starred(prices).astype(float)
    best = -np.inf
    for tokens, cost in _readings(list(labels), list(word_starts), prices):
        if len(tokens) > steps * len(log_probs):
            continue
        for units in _layouts(tokens, steps * len(log_probs)):
            earned = (stars[t // steps] if unit == STAR else float(log_probs[t // steps, unit])
                      for t, unit in enumerate(units))
            best = max(best, sum(earned) / steps - cost)
    return best


Token = tuple[int, bool]  # a unit or STAR, and whether a blank must part it from the token before


def _readings(labels: list[int], word_starts: list[int], prices: Prices) -> Iterator[tuple[list[Token], float]]:
    """What may be said, and what it costs."""
    n_words = len(word_starts) - 1
    for said in itertools.product([True, False], repeat=n_words):
        for starred in itertools.product(range(3 if prices.allow_stars else 1), repeat=n_words + 1):
            if not all(said) and not prices.allow_skips:
                continue
            tokens, cost, inside_skip, touches = [], 0.0, False, False
            for u in range(n_words + 1):
                for _ in range(starred[u]):  # twice at one boundary: blanks between two stars are cheaper than labels
                    tokens.append((STAR, False))
                    cost += prices.star_open
                    inside_skip, touches = False, False
                if u == n_words:
                    break
                word = labels[word_starts[u] : word_starts[u + 1]]
                if not said[u]:
                    cost += prices.skip_label * len(word) + (0.0 if inside_skip else prices.skip_open)
                    inside_skip, touches = True, False
                    continue
                for unit in word:
                    tokens.append((unit, touches and tokens[-1][0] == unit))
                    touches = True
                inside_skip = False
            yield tokens, cost


def _layouts(tokens: list[Token], n_frames: int) -> Iterator[list[int]]:
    """Every way to fill the frames with the tokens in order, each one frame or more, blanks between at will."""
    if not tokens:
        yield [BLANK] * n_frames
        return
    (unit, parted), rest = tokens[0], tokens[1:]
    for blanks in range(int(parted), n_frames):
        for length in range(1, n_frames - blanks + 1):
            for tail in _layouts(rest, n_frames - blanks - length):
                yield [BLANK] * blanks + [unit] * length + tail
