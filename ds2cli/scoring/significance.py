"""How sure: bootstrap intervals of a rate, and whether system B is better than system A.

The bootstrap draws as many utterances (or speakers) as there are, with replacement, and looks at the rate of each draw
(Bisani and Ney 2004). Two systems are compared on the same draws, and by NIST's matched-pairs sentence-segment
word error test, MAPSSWE (Gillick and Cox 1989; SCTK, mtchprs.c): utterances are cut where both systems have two words
in a row right, so that errors in different segments are independent, and the difference of errors per segment is
tested against zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.scoring.edits.alignment import Token
from ds2cli.scoring.edits.distance import CORRECT, INSERTED

BOUNDARY_WORDS = 2
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Draws:
    """Rates of random draws of a corpus, in per cent; a draw without reference words counts as nan."""

    rates: np.ndarray

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % percentile interval; None where too little was drawn to say."""
        if not len(self.rates) or not np.isfinite(self.rates).all():
            return None
        low, high = np.percentile(self.rates, INTERVAL)
        return float(low), float(high)


def clusters(labels: Sequence[str] | None, n: int) -> np.ndarray:
    """The number of the cluster that each utterance belongs to: (n,); each its own where there are no labels."""
    if labels is None:
        return np.arange(n)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], np.int64)


def bootstrap(counts: Sequence[np.ndarray], cluster: np.ndarray, draws: int, seed: int) -> list[Draws]:
    """Rates of the same random draws of clusters, for each of several systems.

    Clusters with the same counts are drawn as one kind, as often as a multinomial says: the same distribution as
    drawing them one by one, in a fraction of the time.

    counts  for each system (utterances, 2): errors and reference tokens
    cluster  (utterances,) numbers from 0
    """
    n = int(cluster.max()) + 1 if len(cluster) else 0
    if n < 2:
        return [Draws(np.zeros(0)) for _ in counts]
    columns = [column for system in counts for column in system.T]
    sums = np.stack([np.bincount(cluster, weights=column, minlength=n) for column in columns], 1)
    kinds, members = np.unique(sums, axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(n, members / n, size=draws) @ kinds  # (draws, 2 x systems)
    with np.errstate(invalid="ignore", divide="ignore"):
        return [Draws(100 * drawn[:, 2 * system] / drawn[:, 2 * system + 1]) for system in range(len(counts))]


@dataclass(frozen=True)
class MatchedPairs:
    """MAPSSWE's answer: positive means that A makes more errors than B."""

    segments: int
    mean: float
    deviation: float
    z: float
    p: float


def segment_errors(a: Sequence[Token], b: Sequence[Token]) -> list[tuple[int, int]]:
    """Errors of both systems in each segment of an utterance; segments without errors are not counted.

    A segment begins with an error of either and ends with two reference words that both have right, with nothing
    inserted between them.
    """
    segments = []
    errors_a = errors_b = good = 0
    for (inserted_a, right_a), (inserted_b, right_b) in _word_by_word(a, b):
        errors_a += inserted_a + (right_a is False)
        errors_b += inserted_b + (right_b is False)
        if inserted_a or inserted_b:
            good = 0
        good = good + 1 if right_a and right_b else 0
        if good >= BOUNDARY_WORDS and (errors_a or errors_b):
            segments.append((errors_a, errors_b))
            errors_a = errors_b = 0
    if errors_a or errors_b:
        segments.append((errors_a, errors_b))
    return segments


def _word_by_word(a: Sequence[Token], b: Sequence[Token]):
    """For each reference word: how many words each system inserted before it, and whether it has it right."""
    rows = [_by_reference_word(path) for path in (a, b)]
    length = max(map(len, rows))
    for row in rows:
        row += [(0, None)] * (length - len(row))
    return zip(*rows, strict=True)


def _by_reference_word(path: Sequence[Token]) -> list[tuple[int, bool | None]]:
    row: list[tuple[int, bool | None]] = []
    inserted = 0
    for kind, _, _ in path:
        if kind == INSERTED:
            inserted += 1
        else:
            row.append((inserted, kind == CORRECT))
            inserted = 0
    return row + [(inserted, None)]


def matched_pairs(segments: Sequence[tuple[int, int]]) -> MatchedPairs | None:
    """The test over all segments; None where there are fewer than two or they never differ."""
    difference = np.array([a - b for a, b in segments], float)
    if len(difference) < 2 or not difference.std():
        return None
    mean, deviation = float(difference.mean()), float(difference.std(ddof=1))
    z = mean / (deviation / math.sqrt(len(difference)))
    return MatchedPairs(len(difference), mean, deviation, z, math.erfc(abs(z) / math.sqrt(2)))
