"""Edit distances of many pairs at once, with NIST sclite's costs and tie order.

    D[i, j] = min(D[i-1, j-1] + sub * (r_i != h_j),  D[i, j-1] + gap,  D[i-1, j] + gap)

sclite's costs are sub = 4, gap = 3. Of equal ways it takes the diagonal, then the insertion, then the deletion (SCTK,
word.c and net_dp.c), and its counts follow from that order: the total is not always the smallest edit distance.

Counting is a kernel (kernels/edits.h), and needs no back-pointers: the substitutions ride along in the cells, and with
the lengths they give every other count. Where paths are wanted, `Sweep` makes them, in numpy: the cells of one
anti-diagonal i + j = k do not need each other, so a whole bucket of pairs advances one anti-diagonal in eight vector
operations. A cell is one integer, `cost | tag`: the tag (diagonal 0, insertion 1, deletion 2) breaks ties inside
`minimum` and is then erased.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.scoring.edits.sequences import Sequences

CORRECT, SUBSTITUTED, DELETED, INSERTED = range(4)
BUCKET_CELLS = 60_000  # cells of one anti-diagonal over a bucket: a few arrays of them stay in the second-level cache
BAND_FROM = 4_000  # a pair whose lengths add up to more is swept in a band around the diagonal
FIRST_BAND = 250
PROVEN_UP_TO = 250_000


@dataclass(frozen=True)
class EditCosts:
    """What a substitution and a gap (insertion or deletion) cost."""

    sub: int
    gap: int


SCLITE = EditCosts(sub=4, gap=3)
LEVENSHTEIN = EditCosts(sub=1, gap=1)


def count_edits(references: Sequences, hypotheses: Sequences, costs: EditCosts = SCLITE) -> np.ndarray:
    """Correct, substituted, deleted and inserted tokens of each pair: (pairs, 4) int64."""
    said, heard = references, hypotheses
    return _kernels.count_edits(
        said.values, said.starts, said.lengths, heard.values, heard.starts, heard.lengths, costs.sub, costs.gap
    )


def buckets(n: np.ndarray, m: np.ndarray, pairs: np.ndarray) -> Iterable[np.ndarray]:
    """The pairs in groups of similar lengths, each as large as the cache likes; long ones alone."""
    pairs = pairs[np.lexsort((m[pairs], n[pairs]))[::-1]]  # the longest first, so that the first is the widest
    start = 0
    while start < len(pairs):
        first = pairs[start]
        size = 1 if n[first] + m[first] > BAND_FROM else max(1, BUCKET_CELLS // int(n[first] + 1))
        yield pairs[start : start + size]
        start += size


def sweeps(references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: EditCosts) -> Iterable["Sweep"]:
    """Sweeps of a bucket to be run to their end, each wider than the one before; the last holds the best paths.

    Only a long pair is banded. A path that leaves the band needs more gaps than twice the band less the difference of
    the lengths; when they would cost more than what was found inside, nothing better lies outside. For texts of more
    than PROVEN_UP_TO tokens that proof would take minutes: there a band is wide enough when one four times as wide
    finds nothing better.
    """
    n, m = references.lengths[bucket], hypotheses.lengths[bucket]
    longest, difference = int((n + m).max()), int(abs(n - m).max())
    band = longest
    if longest > BAND_FROM and len(bucket) == 1:
        band = min(longest, FIRST_BAND + difference)
    found = -1
    while True:
        sweep = Sweep(references, hypotheses, bucket, costs, band)
        yield sweep
        before, found = found, int(sweep.cost.max(initial=0))
        enough = (found // costs.gap + difference) // 2
        if band >= min(enough, longest) or (found == before and longest > PROVEN_UP_TO):
            return
        band = min(longest, enough if enough < 16 * band and longest <= PROVEN_UP_TO else 4 * band)


class Sweep:
    """The anti-diagonals of a bucket, one after another.

    ref, hyp  (a, pairs) and (b, pairs) tokens, the hypotheses from last to first: so both meet in plain slices
    now, before, earlier  (a + 1, pairs) cells (i, k - i), (i, k - 1 - i), (i, k - 2 - i) in row i
    band  cells with |i - j| above it are left out
    answer  (pairs,) each pair's last cell
    """

    def __init__(
        self, references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: EditCosts, band: int
    ) -> None:
        self.n, m = references.lengths[bucket], hypotheses.lengths[bucket]
        self.ends = self.n + m
        self.a, self.b = int(self.n.max()), int(m.max())
        ref, hyp = bucket_columns(references, bucket, self.a), bucket_columns(hypotheses, bucket, self.b)[::-1]
        self.band, self.last = band, self.a + self.b
        bits = (costs.gap * self.last + costs.sub).bit_length() + 2
        # Tokens and cells of one type: a comparison that had to convert would cost more than the rest of a step.
        widest = max(bits + 2, int(max(ref.max(initial=0), hyp.max(initial=0))).bit_length())
        self.kind: Any = np.uint16 if widest <= 16 else np.uint32 if widest <= 32 else np.uint64
        self.ref, self.hyp = ref.astype(self.kind), np.ascontiguousarray(hyp, self.kind)
        self.gap = costs.gap << 2
        self.substitution = self.kind(costs.sub << 2)
        self.insertion, self.deletion = self.kind(self.gap + 1), self.kind(self.gap + 2)
        self.untagged = ~self.kind(3)
        self.outside = self.kind(1 << bits)
        shape = (self.a + 1, len(bucket))
        self.earlier, self.before, self.now, self.spare = (np.zeros(shape, self.kind) for _ in range(4))
        self.answer: np.ndarray = np.zeros(len(bucket), self.kind)

    def rows(self, k: int) -> tuple[int, int]:
        """The inner cells of anti-diagonal k: rows [low, high)."""
        low, high = max(1, k - self.b), min(self.a, k - 1) + 1
        return max(low, (k - self.band + 1) // 2), min(high, (k + self.band) // 2 + 1)

    def step(self, k: int, tags: np.ndarray | None = None) -> None:
        """Compute anti-diagonal k; `tags` (rows, pairs) receives the way into each inner cell, if it is wanted."""
        earlier, before, now = self.earlier, self.before, self.now
        low, high = self.rows(k)
        if low > 0:
            now[low - 1] = self.outside
        if high <= self.a:
            now[high] = self.outside
        if k <= self.b:
            now[0] = k * self.gap
        if k <= self.a:
            now[k] = k * self.gap
        if low < high:
            cell, other = now[low:high], self.spare[low:high]
            hyp = self.hyp[self.b - k + low : self.b - k + high]
            np.bitwise_xor(self.ref[low - 1 : high - 1], hyp, out=cell)
            np.minimum(cell, self.kind(1), out=cell)
            cell *= self.substitution
            cell += earlier[low - 1 : high - 1]
            np.add(before[low:high], self.insertion, out=other)
            np.minimum(cell, other, out=cell)
            np.add(before[low - 1 : high - 1], self.deletion, out=other)
            np.minimum(cell, other, out=cell)
            if tags is not None:
                np.bitwise_and(cell, 3, out=tags[: high - low], casting="unsafe")
            cell &= self.untagged
        done = np.flatnonzero(self.ends == k)
        self.answer[done] = now[self.n[done], done]
        self.earlier, self.before, self.now = before, now, earlier

    @property
    def cost(self) -> np.ndarray:
        """Total cost of each pair's best path: (pairs,) int64."""
        return (self.answer >> self.kind(2)).astype(np.int64)


def bucket_columns(sequences: Sequences, bucket: np.ndarray, width: int) -> np.ndarray:
    """The sequences of a bucket as columns: (width, pairs); below a sequence's end stands anything."""
    index = sequences.starts[bucket] + np.arange(width)[:, None]
    return sequences.values[np.minimum(index, len(sequences.values) - 1)]
