"""Which token became which: the path behind the counts, for many pairs at once.

Back-pointers cost a byte a cell. So that two texts of 50,000 words fit, the anti-diagonals are swept in blocks: the
first sweep keeps two rows at each block's start, the second goes through the blocks from last to first, recomputes one
with its back-pointers and walks it.
"""

from collections.abc import Sequence

import numpy as np

from ds2cli.scoring.edits.distance import (
    CORRECT,
    DELETED,
    INSERTED,
    SCLITE,
    SUBSTITUTED,
    EditCosts,
    Sweep,
    buckets,
    sweeps,
)
from ds2cli.scoring.edits.sequences import Sequences, TokenIds

BLOCK_BYTES = 32_000_000
Token = tuple[int, str | None, str | None]  # what happened, reference token, hypothesis token


def align_tokens(
    references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]], costs: EditCosts = SCLITE
) -> list[list[Token]]:
    """Each pair of token lists as one list of (what happened, reference token or None, hypothesis token or None)."""
    vocabulary = TokenIds()
    paths = edit_paths(vocabulary.encode(references), vocabulary.encode(hypotheses), costs)
    return [_tokens(*three) for three in zip(paths, references, hypotheses, strict=True)]


def _tokens(path: np.ndarray, reference: Sequence[str], hypothesis: Sequence[str]) -> list[Token]:
    said, understood = iter(reference), iter(hypothesis)
    steps = path.tolist()
    return [(e, None if e == INSERTED else next(said), None if e == DELETED else next(understood)) for e in steps]


def edit_paths(references: Sequences, hypotheses: Sequences, costs: EditCosts = SCLITE) -> list[np.ndarray]:
    """For each pair what happened, from beginning to end: CORRECT, SUBSTITUTED, DELETED or INSERTED, (steps,) uint8."""
    n, m = references.lengths, hypotheses.lengths
    paths: list[np.ndarray] = [np.zeros(0, np.uint8)] * len(references)
    for bucket in buckets(n, m, np.arange(len(references))):
        for pair, path in zip(bucket, _bucket_paths(references, hypotheses, bucket, costs), strict=True):
            paths[pair] = path
    return paths


def _bucket_paths(
    references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: EditCosts
) -> list[np.ndarray]:
    for sweep in sweeps(references, hypotheses, bucket, costs):
        width = min(sweep.a, sweep.band) + 1
        block = max(64, BLOCK_BYTES // (width * len(bucket)))
        starts = range(1, sweep.last + 1, block)
        kept = []
        for k in range(1, sweep.last + 1):
            if k in starts:
                kept.append((sweep.earlier.copy(), sweep.before.copy()))
            sweep.step(k)
    walk = _Walk(sweep, len(bucket))
    tags = np.zeros((min(block, sweep.last), width + 1, len(bucket)), np.uint8)
    for start in reversed(starts):
        sweep.earlier, sweep.before = kept.pop()
        end = min(start + block, sweep.last + 1)
        for k in range(start, end):
            sweep.step(k, tags[k - start])
        walk.back_through(tags, start, end)
    return walk.paths()


class _Walk:
    """All pairs of a bucket on their way back, from the last cell to the first."""

    def __init__(self, sweep: Sweep, pairs: int) -> None:
        self.sweep = sweep
        self.i, self.j = sweep.n.copy(), sweep.ends - sweep.n
        self.steps = np.zeros((sweep.last, pairs), np.uint8)
        self.taken = np.zeros(pairs, np.int64)

    def back_through(self, tags: np.ndarray, start: int, end: int) -> None:
        """Walk while i + j >= start; tags[k - start] is anti-diagonal k, its first row `sweep.rows(k)[0]`."""
        low = np.array([self.sweep.rows(k)[0] for k in range(start, end)])
        walking = np.flatnonzero(self.i + self.j >= start)
        while len(walking):
            i, j = self.i[walking], self.j[walking]
            k = i + j - start
            tag = tags[k, np.clip(i - low[k], 0, tags.shape[1] - 1), walking]
            tag = np.where(i == 0, 1, np.where(j == 0, 2, tag))
            kind = np.array([CORRECT, INSERTED, DELETED])[tag]
            both, pair = np.flatnonzero(tag == 0), walking[tag == 0]
            differ = self.sweep.ref[i[both] - 1, pair] != self.sweep.hyp[self.sweep.b - j[both], pair]
            kind[both[differ]] = SUBSTITUTED
            self.steps[self.taken[walking], walking] = kind
            self.taken[walking] += 1
            self.i[walking] = i - (tag != 1)
            self.j[walking] = j - (tag != 2)
            walking = walking[self.i[walking] + self.j[walking] >= start]

    def paths(self) -> list[np.ndarray]:
        """What happened to each pair, from beginning to end."""
        return [self.steps[: self.taken[pair], pair][::-1] for pair in range(self.steps.shape[1])]
