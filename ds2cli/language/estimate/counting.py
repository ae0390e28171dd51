"""Words into counted n-grams, in suffix order: sorted by the last word first.

Word ids are given in order of appearance, after <unk>, <s> and </s>, as KenLM's lmplz gives them. Sorting is numpy's,
on 64-bit keys into which as many words as fit are packed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.language.estimate.spill import Column, SpillStore
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN

UNKNOWN_ID, BEGIN_ID, END_ID = 0, 1, 2

Columns = list[np.ndarray]


class Vocabulary(dict[bytes, int]):
    """Words to ids; a word that is asked for and not there is added."""

    def __init__(self) -> None:
        super().__init__({UNKNOWN.encode(): UNKNOWN_ID, BEGIN.encode(): BEGIN_ID, END.encode(): END_ID})

    def __missing__(self, word: bytes) -> int:
        self[word] = number = len(self)
        return number

    def encode(self, tokens: Sequence[bytes]) -> np.ndarray:
        """The ids of tokens, (len(tokens),) int32."""
        return np.fromiter(map(self.__getitem__, tokens), np.int32, len(tokens))


@dataclass
class Counted:
    """Distinct n-grams in suffix order with their counts.

    columns  n arrays (N,) int32: the last word first, the first word last
    counts   (N,) int64
    """

    columns: Columns
    counts: np.ndarray


def histories(ids: np.ndarray, order: int) -> Columns:
    """The n-gram that ends at each token of whole sentences, padded with <s>.

    ids      (N,) int32, each sentence ended by </s>
    returns  `order` columns (N,): the token itself, the one before it, ...
    """
    ends = np.flatnonzero(ids == END_ID)
    lengths = np.diff(ends, prepend=-1)
    position = np.arange(len(ids)) - np.repeat(ends - lengths + 1, lengths)  # within its sentence
    columns = [ids]
    for back in range(1, order):
        column = np.full_like(ids, BEGIN_ID)
        inside = position[back:] >= back
        column[back:][inside] = ids[: len(ids) - back][inside]
        columns.append(column)
    return columns


def count_ngrams(columns: Columns, n_words: int, weights: np.ndarray | None = None) -> Counted:
    """The distinct rows of columns in their order (first column first), with how often each occurs.

    weights  (N,) int64 counts of the rows where they are not all 1
    """
    bits = max(1, (n_words - 1).bit_length())
    levels: list[tuple[np.ndarray, int]] = []  # the distinct keys so far, and how many columns the last step added
    taken = min(len(columns), 64 // bits)
    key, rest = _pack(columns[:taken], bits), columns[taken:]
    while rest:
        # What was packed so far becomes one number, its rank; then more columns fit behind it.
        order = np.argsort(key)
        in_order = key[order]
        new = changes(in_order)
        rank = np.empty(len(key), np.uint64)
        rank[order] = np.cumsum(new, dtype=np.uint64) - np.uint64(1)
        levels.append((in_order[new], taken))
        taken = min(len(rest), (64 - max(1, len(levels[-1][0]).bit_length())) // bits)
        key = rank << np.uint64(taken * bits) | _pack(rest[:taken], bits)
        rest = rest[taken:]
    key, counts = _distinct(key, weights)
    found: Columns = []
    while levels:
        found = _unpack(key, taken, bits) + found
        key_of_rank, before = levels.pop()
        key, taken = key_of_rank[key >> np.uint64(taken * bits)], before
    return Counted(_unpack(key, taken, bits) + found, counts)


def _distinct(key: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    if weights is None:
        key = np.sort(key)
        starts = np.flatnonzero(changes(key))
        return key[starts], np.diff(starts, append=len(key))
    order = np.argsort(key)
    key = key[order]
    starts = np.flatnonzero(changes(key))
    return key[starts], np.add.reduceat(weights[order], starts) if len(key) else weights


def changes(values: np.ndarray) -> np.ndarray:
    """Where a value differs from the one before it; true at the first."""
    new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


def _pack(columns: Columns, bits: int) -> np.ndarray:
    key = columns[0].astype(np.uint64)
    for column in columns[1:]:
        key <<= np.uint64(bits)
        key |= column.astype(np.uint64)
    return key


def _unpack(key: np.ndarray, n_columns: int, bits: int) -> Columns:
    mask = np.uint64((1 << bits) - 1)
    shifts = [np.uint64(bits * place) for place in reversed(range(n_columns))]
    return [((key >> shift) & mask).astype(np.int32) for shift in shifts]


class Runs:
    """Counted n-grams of one stretch of text after another, which leave as one, in ranges of the last word.

    Every run is in suffix order, so a range of last words is one stretch of each run: it is read from all, sorted
    together and given out. A range holds at most `rows` n-grams before merging, or those of a single word.
    """

    def __init__(self, store: SpillStore, order: int, rows: int) -> None:
        self.order = order
        self.rows = rows
        self._store = store
        self._runs: list[tuple[list[Column], Column, np.ndarray]] = []

    def add(self, run: Counted, n_words: int) -> None:
        columns = [self._store.column(np.int32) for _ in range(self.order)]
        counts = self._store.column(np.int64)
        for column, values in zip(columns, run.columns, strict=True):
            column.append(values)
        counts.append(run.counts)
        # bounds[w]: where the n-grams that end in w begin in this run
        bounds = np.concatenate([[0], np.cumsum(np.bincount(run.columns[0], minlength=n_words))])
        self._runs.append((columns, counts, bounds))

    def merged(self, n_words: int) -> Iterator[Counted]:
        """All n-grams, range by range of last words; runs are given up as the last range leaves."""
        bounds = [np.pad(b, (0, n_words + 1 - len(b)), mode="edge") for _, _, b in self._runs]
        for first, last in ranges_of(np.sum(bounds, axis=0), self.rows) if bounds else ():
            stretches = [(b[first], b[last]) for b in bounds]
            if not sum(stop - start for start, stop in stretches):
                continue
            if len(self._runs) == 1:
                columns, counts, _ = self._runs[0]
                yield Counted([column.read(*stretches[0]) for column in columns], counts.read(*stretches[0]))
                continue
            joined = [
                np.concatenate([run[0][n].read(*stretch) for run, stretch in zip(self._runs, stretches, strict=True)])
                for n in range(self.order)
            ]
            weights = np.concatenate([run[1].read(*s) for run, s in zip(self._runs, stretches, strict=True)])
            yield count_ngrams(joined, n_words, weights)
        for columns, counts, _ in self._runs:
            for column in (*columns, counts):
                column.clear()


def ranges_of(bounds: np.ndarray, rows: int) -> Iterator[tuple[int, int]]:
    """Cuts bins, of which bin i holds bounds[i+1] - bounds[i] rows, into stretches of at most `rows`, or of one bin."""
    first, n_bins = 0, len(bounds) - 1
    while first < n_bins:
        last = int(np.searchsorted(bounds, bounds[first] + rows, side="right")) - 1
        last = min(max(last, first + 1), n_bins)
        yield first, last
        first = last


def count_text(blocks: Iterable[Sequence[bytes]], order: int, vocabulary: Vocabulary, store: SpillStore,
               rows: int) -> Runs:
    """The n-grams of a text, one run for every `rows` tokens.

    blocks  lists of tokens, whole sentences, each sentence ended by `</s>`
    """
    runs, n_waiting = Runs(store, order, rows), 0
    waiting: list[np.ndarray] = []

    def flush() -> None:
        if waiting:
            ids = np.concatenate(waiting)
            waiting.clear()
            runs.add(count_ngrams(histories(ids, order), len(vocabulary)), len(vocabulary))

    for tokens in blocks:
        ids = vocabulary.encode(tokens)
        if n_waiting + len(ids) > rows:
            flush()
            n_waiting = 0
        waiting.append(ids)
        n_waiting += len(ids)
    flush()
    return runs
