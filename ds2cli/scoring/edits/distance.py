"""Edit distances of many pairs at once, with NIST sclite's costs and tie order, in numpy alone.

    D[i, j] = min(D[i-1, j-1] + sub * (r_i != h_j),  D[i, j-1] + gap,  D[i-1, j] + gap)

sclite's costs are sub = 4, gap = 3. Of equal ways it takes the diagonal, then the insertion, then the deletion (SCTK,
word.c and net_dp.c), and its counts follow from that order: the total is not always the smallest edit distance.

The cells of one anti-diagonal i + j = k do not need each other, so a whole bucket of pairs advances one anti-diagonal
in eight vector operations. A cell is one unsigned integer, `cost | tag | substitutions`: the tag (diagonal 0,
insertion 1, deletion 2) breaks ties inside `minimum` and is then erased; the substitutions ride along. With the
lengths they give every other count, so counting needs no back-pointers and three rows of memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ds2cli.scoring.edits.sequences import Sequences

CORRECT, SUBSTITUTED, DELETED, INSERTED = range(4)
BUCKET_CELLS = 60_000  # cells of one anti-diagonal over a bucket: a few arrays of them stay in the second-level cache
BAND_FROM = 4_000  # a pair whose lengths add up to more is swept in a band around the diagonal
FIRST_BAND = 250
PROVEN_UP_TO = 250_000


@dataclass(frozen=True)
class Costs:
    """What a substitution and a gap (insertion or deletion) cost."""

    sub: int
    gap: int


SCLITE = Costs(sub=4, gap=3)
LEVENSHTEIN = Costs(sub=1, gap=1)


def count_edits(references: Sequences, hypotheses: Sequences, costs: Costs = SCLITE) -> np.ndarray:
    """Correct, substituted, deleted and inserted tokens of each pair: (pairs, 4) int64.

    Common beginnings and ends are cut off first. The end is exact by the tie order (a matching diagonal always wins);
    what remains at the beginning can only be gaps, whose number the lengths fix.
    """
    counts = np.zeros((len(references), 4), np.int64)
    middle = without_common_ends(references, hypotheses)
    n, m = middle[0].lengths, middle[1].lengths
    counts[:, DELETED], counts[:, INSERTED] = n, m
    for bucket in buckets(n, m, np.flatnonzero((n > 0) & (m > 0))):
        substituted, cost = _count_bucket(*middle, bucket, costs)
        gaps = (cost - costs.sub * substituted) // costs.gap
        deleted = (gaps + n[bucket] - m[bucket]) // 2
        counts[bucket, SUBSTITUTED:] = np.stack([substituted, deleted, gaps - deleted], 1)
    counts[:, CORRECT] = references.lengths - counts[:, SUBSTITUTED] - counts[:, DELETED]
    return counts


def without_common_ends(references: Sequences, hypotheses: Sequences) -> tuple[Sequences, Sequences]:
    """The pairs without what they share at the beginning and at the end."""
    shorter = np.minimum(references.lengths, hypotheses.lengths)
    head = _agreement(references, hypotheses, shorter, from_end=False)
    tail = _agreement(references, hypotheses, shorter - head, from_end=True)
    cut = (Sequences(s.values, s.starts + head, s.lengths - head - tail) for s in (references, hypotheses))
    return tuple(cut)


def _agreement(references: Sequences, hypotheses: Sequences, limits: np.ndarray, from_end: bool) -> np.ndarray:
    """How many tokens each pair shares before the first that differs, counted from one end; at most `limits`."""
    step = -1 if from_end else 1
    first = [s.starts + (s.lengths - 1 if from_end else 0) for s in (references, hypotheses)]
    agreed = np.zeros(len(limits), np.int64)
    alive = np.flatnonzero(limits > 0)
    while len(alive):
        at = step * agreed[alive]
        alive = alive[references.values[first[0][alive] + at] == hypotheses.values[first[1][alive] + at]]
        agreed[alive] += 1
        alive = alive[agreed[alive] < limits[alive]]
    return agreed


def buckets(n: np.ndarray, m: np.ndarray, pairs: np.ndarray) -> Iterable[np.ndarray]:
    """The pairs in groups of similar lengths, each as large as the cache likes; long ones alone."""
    pairs = pairs[np.lexsort((m[pairs], n[pairs]))[::-1]]  # the longest first, so that the first is the widest
    start = 0
    while start < len(pairs):
        first = pairs[start]
        size = 1 if n[first] + m[first] > BAND_FROM else max(1, BUCKET_CELLS // int(n[first] + 1))
        yield pairs[start : start + size]
        start += size


def _count_bucket(
    references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: Costs
) -> tuple[np.ndarray, np.ndarray]:
    """Substitutions and total cost of the best path of each pair of a bucket: two (pairs,) int64."""
    shift = min(int(references.lengths[bucket].max()), int(hypotheses.lengths[bucket].max())).bit_length()
    for sweep in sweeps(references, hypotheses, bucket, costs, shift):
        for k in range(1, sweep.last + 1):
            sweep.step(k)
    substituted = sweep.answer & sweep.kind((1 << shift) - 1)
    return substituted.astype(np.int64), sweep.cost


def sweeps(
    references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: Costs, shift: int
) -> Iterable["Sweep"]:
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
        sweep = Sweep(references, hypotheses, bucket, costs, shift, band)
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
    shift  bits for the substitutions; with 0 they are not counted
    answer  (pairs,) each pair's last cell
    """

    def __init__(
        self, references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: Costs, shift: int, band: int
    ) -> None:
        self.n, m = references.lengths[bucket], hypotheses.lengths[bucket]
        self.ends = self.n + m
        self.a, self.b = int(self.n.max()), int(m.max())
        ref, hyp = columns(references, bucket, self.a), columns(hypotheses, bucket, self.b)[::-1]
        self.band, self.shift, self.last = band, shift, self.a + self.b
        bits = (costs.gap * self.last + costs.sub).bit_length() + 2 + shift
        # Tokens and cells of one type: a comparison that had to convert would cost more than the rest of a step.
        widest = max(bits + 2, int(max(ref.max(initial=0), hyp.max(initial=0))).bit_length())
        self.kind = np.uint16 if widest <= 16 else np.uint32 if widest <= 32 else np.uint64
        self.ref, self.hyp = ref.astype(self.kind), np.ascontiguousarray(hyp, self.kind)
        self.gap = costs.gap << (shift + 2)
        self.substitution = self.kind((costs.sub << (shift + 2)) + (shift > 0))
        self.insertion, self.deletion = self.kind(self.gap + (1 << shift)), self.kind(self.gap + (2 << shift))
        self.untagged = ~self.kind(3 << shift)
        self.outside = self.kind(1 << bits)
        shape = (self.a + 1, len(bucket))
        self.earlier, self.before, self.now, self.spare = (np.zeros(shape, self.kind) for _ in range(4))
        self.answer = np.zeros(len(bucket), self.kind)

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
        return (self.answer >> self.kind(self.shift + 2)).astype(np.int64)


def columns(sequences: Sequences, bucket: np.ndarray, width: int) -> np.ndarray:
    """The sequences of a bucket as columns: (width, pairs); below a sequence's end stands anything."""
    index = sequences.starts[bucket] + np.arange(width)[:, None]
    return sequences.values[np.minimum(index, len(sequences.values) - 1)]
