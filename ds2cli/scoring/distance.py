"""Edit distances of many pairs at once, with NIST sclite's costs and tie order, in numpy alone.

    D[i, j] = min(D[i-1, j-1] + sub * (r_i != h_j),  D[i, j-1] + gap,  D[i-1, j] + gap)

sclite's costs are sub = 4, gap = 3. Of equal ways it takes the diagonal, then the insertion, then the deletion (SCTK,
word.c and net_dp.c), and its counts follow from that order: the total is not always the smallest edit distance.

The cells of one anti-diagonal i + j = k do not need each other, so a whole bucket of pairs advances one anti-diagonal
in eight vector operations. A cell is one unsigned integer, `cost | tag | substitutions`: the tag (diagonal 0,
insertion 1, deletion 2) breaks ties inside `minimum` and is then erased; the substitutions ride along. With the
lengths they give every other count, so counting needs no back-pointers and three rows of memory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

CORRECT, SUBSTITUTED, DELETED, INSERTED = range(4)
BUCKET_CELLS = 60_000  # cells of one anti-diagonal over a bucket: a few arrays of them stay in the second-level cache


@dataclass(frozen=True)
class Costs:
    """What a substitution and a gap (insertion or deletion) cost."""

    sub: int
    gap: int


SCLITE = Costs(sub=4, gap=3)
LEVENSHTEIN = Costs(sub=1, gap=1)


@dataclass(frozen=True)
class Sequences:
    """Many sequences of integers in one array: sequence n is values[starts[n] : starts[n] + lengths[n]]."""

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def __getitem__(self, n: int) -> np.ndarray:
        return self.values[self.starts[n] : self.starts[n] + self.lengths[n]]

    def __len__(self) -> int:
        return len(self.lengths)


class Vocabulary(dict):
    """Tokens numbered in the order in which they are first met."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number

    def encode(self, texts: Iterable[Sequence[str]]) -> Sequences:
        """Lists of tokens as sequences of their numbers."""
        texts = list(texts)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        numbers = map(self.__getitem__, chain.from_iterable(texts))
        return _sequences(np.fromiter(numbers, np.int32, int(lengths.sum())), lengths)


def encode_characters(texts: Sequence[str]) -> Sequences:
    """Texts as sequences of code points."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return _sequences(np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.int32), lengths)


def _sequences(values: np.ndarray, lengths: np.ndarray) -> Sequences:
    return Sequences(values, np.cumsum(lengths) - lengths, lengths)


def count_edits(references: Sequences, hypotheses: Sequences, costs: Costs = SCLITE) -> np.ndarray:
    """Correct, substituted, deleted and inserted tokens of each pair: (pairs, 4) int64.

    Common beginnings and ends are cut off first. The end is exact by the tie order (a matching diagonal always wins);
    what remains at the beginning can only be gaps, whose number the lengths fix.
    """
    counts = np.zeros((len(references), 4), np.int64)
    middle = without_common_ends(references, hypotheses)
    n, m = middle[0].lengths, middle[1].lengths
    counts[:, DELETED], counts[:, INSERTED] = n, m
    for bucket in _buckets(n, m, np.flatnonzero((n > 0) & (m > 0))):
        substituted, cost = _sweep(*middle, bucket, costs)
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


def _buckets(n: np.ndarray, m: np.ndarray, pairs: np.ndarray) -> Iterable[np.ndarray]:
    """The pairs in groups of similar lengths, each as large as the cache likes."""
    pairs = pairs[np.lexsort((m[pairs], n[pairs]))]
    start = 0
    while start < len(pairs):
        size = max(1, BUCKET_CELLS // int(n[pairs[start]] + 1))
        yield pairs[start : start + size]
        start += size


def _sweep(
    references: Sequences, hypotheses: Sequences, bucket: np.ndarray, costs: Costs
) -> tuple[np.ndarray, np.ndarray]:
    """Substitutions and total cost of the best path of each pair of a bucket: two (pairs,) int64.

    Row i of `before` holds cell (i, k-1-i) of every pair, row i of `earlier` cell (i, k-2-i).
    """
    n, m = references.lengths[bucket], hypotheses.lengths[bucket]
    a, b = int(n.max()), int(m.max())
    ref = _columns(references, bucket, a)  # (a, pairs)
    hyp = _columns(hypotheses, bucket, b)[::-1]  # (b, pairs), last token first: anti-diagonals become slices
    shift = min(a, b).bit_length()
    bits = (costs.gap * (a + b) + costs.sub).bit_length() + 2 + shift
    kind = np.uint16 if bits <= 16 else np.uint32 if bits <= 32 else np.uint64
    unit = 1 << (shift + 2)
    substitution, gap = kind(costs.sub * unit + 1), costs.gap * unit
    insertion, deletion = kind(gap + (1 << shift)), kind(gap + (2 << shift))
    untagged = kind((1 << bits) - 1 - (3 << shift))
    ends, answer = n + m, np.zeros(len(bucket), kind)
    earlier, before, now = (np.zeros((a + 1, len(bucket)), kind) for _ in range(3))
    spare = np.empty((a + 1, len(bucket)), kind)
    for k in range(1, a + b + 1):
        if k <= b:
            now[0] = k * gap
        if k <= a:
            now[k] = k * gap
        low, high = max(1, k - b), min(a, k - 1) + 1
        if low < high:
            cell, other = now[low:high], spare[low:high]
            differ = ref[low - 1 : high - 1] != hyp[b - k + low : b - k + high]
            np.multiply(differ, substitution, out=cell)
            cell += earlier[low - 1 : high - 1]
            np.add(before[low:high], insertion, out=other)
            np.minimum(cell, other, out=cell)
            np.add(before[low - 1 : high - 1], deletion, out=other)
            np.minimum(cell, other, out=cell)
            cell &= untagged
        done = np.flatnonzero(ends == k)
        answer[done] = now[n[done], done]
        earlier, before, now = before, now, earlier
    return (answer & kind((1 << shift) - 1)).astype(np.int64), (answer >> kind(shift + 2)).astype(np.int64)


def _columns(sequences: Sequences, bucket: np.ndarray, width: int) -> np.ndarray:
    """The sequences of a bucket as columns: (width, pairs); below a sequence's end stands anything."""
    index = sequences.starts[bucket] + np.arange(width)[:, None]
    return sequences.values[np.minimum(index, len(sequences.values) - 1)]
