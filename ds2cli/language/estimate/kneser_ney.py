"""Interpolated modified Kneser-Ney: probabilities and back-offs from adjusted counts, equal to KenLM's lmplz.

    p(w | c) = (a(c w) - D(a(c w))) / sum_x a(c x)  +  gamma(c) p(w | c without its first word)
    gamma(c) = (sum_i D_i N_i(c) + pruned mass) / sum_x a(c x),   N_i(c): kept words seen i times (3: 3 or more) after c

Chen and Goodman 1998; Heafield, Pouzyrevsky, Clark and Koehn 2013, "Scalable Modified Kneser-Ney Language Model
Estimation". Not interpolated, p is the first term alone, and gamma is what that leaves over, divided by what the lower
order gives to words that were not seen after c. Arithmetic is float32 in lmplz's order of operations. Unigrams are
interpolated with the uniform distribution, which is where <unk> has its probability from.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.language.estimate.adjusted_counts import OrderTable
from ds2cli.language.estimate.counting import BEGIN_ID, UNKNOWN_ID, changes, ranges_of
from ds2cli.language.estimate.spill import Column, SpillStore

FALLBACK = (0.5, 1.0, 1.5)  # lmplz --discount_fallback
BIN_BITS = 16
FULL = 1e-6  # a context has seen all words where the lower order gives the others no more than that

Discounts = np.ndarray  # (4,) float32: what is taken from n-grams of adjusted count 0, 1, 2, 3 or more


@dataclass
class OrderModel:
    """The estimates of one order, in the rows of its table.

    prob     (N,) float32  p(last word | words before)
    backoff  (N,) float32  gamma of the n-gram as a context; empty for the highest order
    """

    prob: Column
    backoff: Column


def discounts_of(histogram: np.ndarray) -> Discounts | None:
    """Modified Kneser-Ney's three discounts (Chen and Goodman 1998, equation 26), or None where too little was counted.

    histogram  n-grams of adjusted count 0, 1, 2, 3, 4, ...
    """
    n = histogram.astype(np.float32)
    if not (n[1] and n[2] and n[3]):
        return None
    y = n[1] / np.float32(histogram[1] + 2.0 * histogram[2])
    found = np.array([0, *(np.float32(j) - np.float32(j + 1) * y * n[j + 1] / n[j] for j in (1, 2, 3))], np.float32)
    return found if np.all(found >= 0) and np.all(found <= [0, 1, 2, 3]) else None


def choose_discounts(tables: list[OrderTable], warn: Callable[[str], None]) -> list[Discounts]:
    """Each order's discounts; an order with too little text takes the fallback, and says so."""
    chosen = []
    for n, table in enumerate(tables, 1):
        found = discounts_of(table.histogram)
        if found is None:
            warn(f"too little (or artificial) text for the discounts of {n}-grams: "
                 f"taking {', '.join(map(str, FALLBACK))} instead")
            found = np.array([0, *FALLBACK], np.float32)
        chosen.append(found)
    return chosen


def estimate(tables: list[OrderTable], discounts: list[Discounts], store: SpillStore, rows: int,
             listen: Callable[[int], None] = lambda order: None, interpolate: bool = True) -> list[OrderModel]:
    """Probabilities and back-offs of every order.

    rows    n-grams worked on at a time
    listen  is told each order as it is begun
    """
    models = [OrderModel(store.column(np.float32), store.column(np.float32)) for _ in tables]
    listen(1)
    models[0].prob.append(_unigrams(tables[0], discounts[0], interpolate))
    contexts: Column | None = None
    for n in range(2, len(tables) + 1):
        listen(n)
        table, below = tables[n - 1], models[n - 2]
        lower = _lower_probs(table, below.prob, store, rows)
        contexts, own, weight = _by_context(table, contexts, tables[n - 2], below.backoff, discounts[n - 1], store,
                                            rows, None if interpolate else lower)
        for stretch in row_ranges(len(table), rows):
            share = weight.read(*stretch) * lower.read(*stretch) if interpolate else 0
            models[n - 1].prob.append(own.read(*stretch) + share)
        for column in (own, weight, lower):
            column.clear()
    return models


def _lower_probs(table: OrderTable, below: Column, store: SpillStore, rows: int) -> Column:
    """Per n-gram, the probability of its suffix in the order below."""
    lower = store.column(np.float32)
    for stretch in row_ranges(len(table), rows):
        suffix = table.suffix.read(*stretch)
        lower.append(below.read(int(suffix[0]), int(suffix[-1]) + 1)[suffix - suffix[0]])
    return lower


def row_ranges(length: int, rows: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of pieces of at most `rows`."""
    for start in range(0, length, rows):
        yield start, min(start + rows, length)


def _unigrams(table: OrderTable, discounts: Discounts, interpolate: bool) -> np.ndarray:
    """p(word), interpolated with the uniform distribution over the kept words and <unk>; p(<s>) is 1, as in lmplz.

    Not interpolated, <unk> has all that discounting leaves over.
    """
    adjusted = table.adjusted.read()
    total, gamma = _context_sums(adjusted, table.kept.read(), np.array([0]), discounts)
    uniform = np.float32(1) / np.float32(table.n_kept - 1)  # all but <s>
    share = np.full(len(adjusted), gamma[0] * uniform)
    if not interpolate:
        share[:] = 0
        share[UNKNOWN_ID] = gamma[0]
    prob = (adjusted.astype(np.float32) - discounts[np.minimum(adjusted, 3)]) / total[0] + share
    prob[BEGIN_ID] = 1
    return prob


def _context_sums(adjusted: np.ndarray, kept: np.ndarray, starts: np.ndarray,
                  discounts: Discounts) -> tuple[np.ndarray, np.ndarray]:
    """(sum of counts, gamma) of each context, float32; those of one stand together from each of `starts`."""
    total = np.add.reduceat(adjusted, starts).astype(np.float32)
    seen = np.where(kept, np.minimum(adjusted, 3), 0).astype(np.int8)
    gamma = np.zeros(len(starts), np.float32)
    for times in (1, 2, 3):
        gamma += discounts[times] * np.add.reduceat(seen == times, starts, dtype=np.int64).astype(np.float32)
    if not kept.all():
        gamma += np.add.reduceat(np.where(kept, 0, adjusted), starts).astype(np.float32)
    return total, gamma / total


def _by_context(table: OrderTable, contexts: Column | None, below: OrderTable, backoff: Column,
                discounts: Discounts, store: SpillStore, rows: int,
                lower: Column | None) -> tuple[Column, Column, Column]:
    """What needs the n-grams of one context together; fills `backoff` of the order below.

    contexts  per row of the order below, the row of its own context one order further below (None: bigrams' turn)
    lower     per row, the probability of its suffix, where orders are not interpolated
    returns   per row of `table`: the row of its context below, (a - D) / sum, and gamma(context)

    The n-grams are dealt to parts by ranges of their context, each part is sorted by context, worked on and put back
    in its old order; then the parts are picked up in the order in which they were dealt. Contexts come out in suffix
    order, as they stand in the table below: all its rows but those that end in </s>, which is never a context.
    """
    keys = _context_keys(table, contexts, store, rows)
    parts = Parts(keys, rows, store)
    is_bigram = contexts is None
    backoff.append(np.ones(1 if is_bigram else below.n_ended, np.float32))
    results: list[list[Column]] = []
    columns = [keys, table.adjusted, table.kept, *([lower] if lower else [])]
    for key, adjusted, kept, *below_probs in zip(*map(parts.deal, columns), strict=True):
        row, own, weight, gamma = _one_part(key, adjusted, kept, discounts, len(backoff), *below_probs)
        if is_bigram and not results:  # contexts are <s>, then the words behind </s>
            row += row > BEGIN_ID
            gamma = np.insert(gamma, 1, np.float32(1))
        backoff.append(gamma)
        results.append([store.keep(values) for values in (row, own, weight)])
    assert len(backoff) == len(below), "every n-gram that does not end a sentence is a context"
    rows_below, shares, gammas = (parts.pick_up(list(columns)) for columns in zip(*results, strict=True))
    keys.clear()
    return rows_below, shares, gammas


def _context_keys(table: OrderTable, contexts: Column | None, store: SpillStore, rows: int) -> Column:
    """Per n-gram a number that orders contexts as the table below orders them: (context of the suffix, first word)."""
    keys = store.column(np.uint64)
    for start, stop in row_ranges(len(table), rows):
        key = table.first.read(start, stop).astype(np.uint64)
        if contexts is not None:
            suffix = table.suffix.read(start, stop)
            of_suffix = contexts.read(int(suffix[0]), int(suffix[-1]) + 1)[suffix - suffix[0]]
            key |= of_suffix.astype(np.uint64) << np.uint64(32)
        keys.append(key)
    return keys


def _one_part(key: np.ndarray, adjusted: np.ndarray, kept: np.ndarray, discounts: Discounts,
              first_row: int, lower: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Per n-gram, as they come, (context's row, (a - D) / sum, gamma of the context); and gamma of each context.

    lower  the probabilities of the suffixes, where orders are not interpolated
    """
    order = np.argsort(key)
    new = changes(key[order])
    starts = np.flatnonzero(new)
    total, gamma = _context_sums(adjusted[order], kept[order], starts, discounts)
    context = np.empty(len(key), np.uint32)
    context[order] = np.cumsum(new, dtype=np.uint32) - np.uint32(1)
    own = (adjusted.astype(np.float32) - discounts[np.minimum(adjusted, 3)]) / total[context]
    if lower is not None:
        unseen = 1 - np.add.reduceat(np.where(kept, lower, 0)[order].astype(np.float64), starts)
        is_full = unseen < FULL  # every word was seen after it: nobody backs off, and what is left over is theirs
        own /= np.where(is_full & (gamma < 1), 1 - gamma, 1)[context]
        gamma = np.where(is_full, 1, gamma / np.maximum(unseen, FULL)).astype(np.float32)
    return context + np.uint32(first_row), own, gamma[context], gamma


class Parts:
    """Rows dealt to parts by ranges of their key, so that equal keys meet; results are picked up in the old order.

    A part holds about `rows` rows, or those of one bin of keys. With a single part nothing moves.
    """

    def __init__(self, keys: Column, rows: int, store: SpillStore) -> None:
        self._keys, self._rows, self._store = keys, rows, store
        largest = max((int(keys.read(*stretch).max()) for stretch in row_ranges(len(keys), rows)), default=0)
        self._shift = np.uint64(max(0, largest.bit_length() - BIN_BITS))
        sizes = np.zeros(1 << BIN_BITS, np.int64)
        for stretch in row_ranges(len(keys), rows):
            sizes += np.bincount(self._bins(*stretch), minlength=len(sizes))
        self._part_of_bin = np.empty(len(sizes), np.int64)
        self.n = 0
        for first, last in ranges_of(np.concatenate([[0], np.cumsum(sizes)]), rows):
            self._part_of_bin[first:last] = self.n
            self.n += 1

    def _bins(self, start: int, stop: int) -> np.ndarray:
        return (self._keys.read(start, stop) >> self._shift).astype(np.int64)

    def deal(self, column: Column) -> Iterator[np.ndarray]:
        """The values of each part in turn, in their old order within it."""
        if self.n == 1:
            yield column.read()
            return
        dealt = [self._store.column(column.dtype) for _ in range(self.n)]
        for start, stop in row_ranges(len(column), self._rows):
            part = self._part_of_bin[self._bins(start, stop)]
            order = np.argsort(part, kind="stable")
            bounds = np.searchsorted(part[order], np.arange(self.n + 1))
            values = column.read(start, stop)[order]
            for mine, first, last in zip(dealt, bounds[:-1], bounds[1:], strict=True):
                mine.append(values[first:last].copy())
        for mine in dealt:
            yield mine.read()
            mine.clear()

    def pick_up(self, parts: Sequence[Column]) -> Column:
        """One value per row from each row's part, in the order of the rows before they were dealt."""
        if self.n == 1:
            return parts[0]
        whole, taken = self._store.column(parts[0].dtype), [0] * self.n
        for start, stop in row_ranges(len(self._keys), self._rows):
            part = self._part_of_bin[self._bins(start, stop)]
            order = np.argsort(part, kind="stable")
            sizes = np.bincount(part, minlength=self.n).tolist()
            values = np.empty(stop - start, whole.dtype)
            values[order] = np.concatenate([column.read(t, t + n)
                                            for column, t, n in zip(parts, taken, sizes, strict=True)])
            taken = [t + n for t, n in zip(taken, sizes, strict=True)]
            whole.append(values)
        for column in parts:
            column.clear()
        return whole
