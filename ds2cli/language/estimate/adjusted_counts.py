"""From counts of the longest n-grams to Kneser-Ney's adjusted counts of every order.

An n-gram's adjusted count is in how many different words it is preceded by; the highest order and n-grams that begin
with <s> keep their true counts (Heafield et al. 2013, section 3.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ds2cli.language.estimate.counting import BEGIN_ID, END_ID, Counted
from ds2cli.language.estimate.spill import Column, SpillStore


@dataclass
class OrderTable:
    """The n-grams of one order, in suffix order. A trie read backwards: each is its first word before its suffix.

    first     (N,) int32   first word
    suffix    (N,) uint32  row of the suffix in the table of the order below (unigrams: 0)
    adjusted  (N,) int64   adjusted count
    kept      (N,) bool    false where pruning removes it
    """

    first: Column
    suffix: Column
    adjusted: Column
    kept: Column
    n_kept: int = 0
    n_ended: int = 0  # n-grams that end in </s>: they come first, and are no context
    histogram: np.ndarray = field(default_factory=lambda: np.zeros(6, np.int64))  # n-grams of adjusted count 0..4, 5+

    def __len__(self) -> int:
        return len(self.first)


def new_tables(store: SpillStore, order: int) -> list[OrderTable]:
    new = store.column
    return [OrderTable(new(np.int32), new(np.uint32), new(np.int64), new(np.bool_)) for _ in range(order)]


def adjust_counts(ranges: Iterable[Counted], order: int, prune: list[int], dropped: np.ndarray | None,
                  store: SpillStore) -> list[OrderTable]:
    """The n-grams of all orders with adjusted counts, from those of the highest, range by range of last words.

    prune    per order: n-grams seen at most so often are not kept
    dropped  (V,) bool: words outside the wanted vocabulary; n-grams with one are not kept
    """
    tables = new_tables(store, order)
    _add(tables[0], np.array([0, 1], np.int32), np.zeros(2, np.uint32), np.zeros(2, np.int64), np.ones(2, bool))
    last: list[tuple[int, int]] = []
    for counted in ranges:
        last = _adjust_range(counted, tables, prune, dropped)
    # lmplz books the very last n-gram of each lower order under its true count. Where the two differ, this moves a
    # discount in the fourth decimal of a small corpus; we follow, so that models agree.
    for table, (adjusted, actual) in zip(tables, last, strict=False):
        table.histogram[min(adjusted, 5)] -= 1
        table.histogram[min(actual, 5)] += 1
    return tables


def _adjust_range(counted: Counted, tables: list[OrderTable], prune: list[int],
                  dropped: np.ndarray | None) -> list[tuple[int, int]]:
    """Adds one range to the tables; returns (adjusted, actual) count of the last row's suffix of each lower order."""
    columns, order = counted.columns, len(counted.columns)
    total = np.concatenate([[0], np.cumsum(counted.counts)])
    offsets = [len(table) for table in tables]
    new, last = _new_at(columns), []
    above = np.zeros(len(counted.counts), np.uint32)  # row of each line's suffix in the order below
    for n, table in enumerate(tables, 1):
        starts = np.flatnonzero(new[n - 1])
        stops = np.append(starts[1:], len(counted.counts))
        actual = total[stops] - total[starts]
        first = columns[n - 1][starts]
        adjusted = actual
        if n < order:
            extensions = np.concatenate([[0], np.cumsum(new[n], dtype=np.int64)])
            adjusted = np.where(first == BEGIN_ID, actual, extensions[stops] - extensions[starts])
        # "<s> <s> word" pads the highest order; it is no n-gram.
        valid = columns[n - 2][starts] != BEGIN_ID if n > 1 else np.ones(len(starts), bool)
        kept = _is_kept(columns[:n], starts, actual, prune[n - 1], dropped)
        if n < order and valid[-1]:
            last.append((int(adjusted[-1]), int(actual[-1])))
        rows = np.cumsum(valid)
        table.n_ended += int(np.count_nonzero(valid & (columns[0][starts] == END_ID)))
        _add(table, first[valid], above[starts][valid], adjusted[valid], kept[valid])
        above = np.repeat((rows - 1 + offsets[n - 1]).astype(np.uint32), stops - starts)
    return last


def _new_at(columns: list[np.ndarray]) -> list[np.ndarray]:
    """Per order n, where the last n words differ from those of the row before."""
    new, found = np.zeros(len(columns[0]), bool), []
    new[:1] = True
    for column in columns:
        new = new.copy()
        new[1:] |= column[1:] != column[:-1]
        found.append(new)
    return found


def _is_kept(columns: list[np.ndarray], starts: np.ndarray, actual: np.ndarray, threshold: int,
             dropped: np.ndarray | None) -> np.ndarray:
    kept = actual > threshold
    if dropped is not None:
        for column in columns:
            kept &= ~dropped[column[starts]]
    return kept


def _add(table: OrderTable, first: np.ndarray, suffix: np.ndarray, adjusted: np.ndarray, kept: np.ndarray) -> None:
    table.first.append(first)
    table.suffix.append(suffix)
    table.adjusted.append(adjusted)
    table.kept.append(kept)
    table.n_kept += int(np.count_nonzero(kept))
    table.histogram += np.bincount(np.minimum(adjusted, 5), minlength=6)
