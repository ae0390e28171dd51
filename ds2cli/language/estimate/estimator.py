"""The estimator: text to an interpolated modified Kneser-Ney model, in one call."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli import _kernels, hints
from ds2cli.errors import TextError
from ds2cli.language.estimate.adjusted_counts import OrderTable, adjust_counts
from ds2cli.language.estimate.counting import END_ID, Runs, Vocabulary, count_text
from ds2cli.language.estimate.kneser_ney import OrderModel, choose_discounts, estimate, row_ranges
from ds2cli.language.estimate.spill import SpillStore
from ds2cli.language.ngrams import NgramTables

# Measured: bytes at work per n-gram while it is sorted, beside 12 per word.
BYTES_PER_ROW = 120


@dataclass
class EstimatedModel:
    """An estimated model in its spill store: readable as long as the store is open.

    words    all words in order of id, pruned ones too
    """

    words: list[str]
    tables: list[OrderTable]
    models: list[OrderModel]
    rows: int

    @property
    def order(self) -> int:
        return len(self.tables)

    @property
    def counts(self) -> list[int]:
        """n-grams of each order that are kept."""
        return [table.n_kept for table in self.tables]

    def blocks(self, n: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
        """The n-grams of one order, piece by piece: (ids (N, n) int32, log10 p (N,), log10 back-off (N,) or None)."""
        table, model = self.tables[n - 1], self.models[n - 1]
        for start, stop in row_ranges(len(table), self.rows):
            kept = table.kept.read(start, stop)
            log10_prob = np.minimum(_kernels.log10(model.prob.read(start, stop)[kept]), 0)
            backoff = _kernels.log10(model.backoff.read(start, stop)[kept]) if n < self.order else None
            yield self._ids(n, np.flatnonzero(kept) + start), log10_prob, backoff

    def _ids(self, n: int, rows: np.ndarray) -> np.ndarray:
        """The words of rows (ascending) of one order, (N, n): the first word here, the others those of the suffix."""
        ids = np.empty((len(rows), n), np.int32)
        for place in range(n):
            if not len(rows):
                break
            table, low, high = self.tables[n - place - 1], int(rows[0]), int(rows[-1]) + 1
            ids[:, place] = table.first.read(low, high)[rows - low]
            rows = table.suffix.read(low, high)[rows - low].astype(np.int64)
        return ids

    def to_tables(self) -> NgramTables:
        """The model in memory; words that pruning removed are not in it."""
        ngrams, log10_probs, log10_backoffs = [], [], []
        for n in range(1, self.order + 1):
            ids, probs, backoffs = zip(*self.blocks(n), strict=True)
            ngrams.append(np.concatenate(ids))
            log10_probs.append(np.concatenate(probs))
            if n < self.order:
                log10_backoffs.append(np.concatenate(backoffs))
        known = ngrams[0][:, 0]
        number = np.zeros(len(self.words), np.int32)
        number[known] = np.arange(len(known))
        words = [self.words[word] for word in known]
        return NgramTables(words, [number[ids] for ids in ngrams], log10_probs, log10_backoffs)


def estimate_model(blocks: Iterable[Sequence[bytes]], order: int, prune: Sequence[int] = (),
                   keep: set[bytes] | None = None, *, store: SpillStore, memory: int, warn: Callable[[str], None],
                   listen: Callable[[str], None] = lambda step: None, interpolate: bool = True) -> EstimatedModel:
    """An interpolated modified Kneser-Ney model of a text.

    blocks  lists of tokens, whole sentences, each sentence ended by `</s>`
    prune   per order, n-grams seen at most so often are left out; the last value goes for all higher orders
    keep    words of the model's vocabulary; the others are <unk>
    memory  bytes that sorting may take, beside what the store holds
    interpolate  as lmplz; else an n-gram has the probability of its own discounted count (SRILM's -kndiscount alone)
    raises  TextError where there is nothing to count, or no line is long enough for the order
    """
    vocabulary = Vocabulary()
    listen("counting n-grams")
    runs = count_text(blocks, order, vocabulary, store, rows_of(memory, order))
    return estimate_counted(runs, vocabulary, prune, keep, store=store, warn=warn, listen=listen,
                            interpolate=interpolate)


def rows_of(memory: int, order: int) -> int:
    """How many n-grams may be at work at a time."""
    return max(1000, memory // (BYTES_PER_ROW + 12 * order))


def estimate_counted(runs: Runs, vocabulary: Vocabulary, prune: Sequence[int] = (), keep: set[bytes] | None = None, *,
                     store: SpillStore, warn: Callable[[str], None], listen: Callable[[str], None],
                     interpolate: bool) -> EstimatedModel:
    """As `estimate_model`, of n-grams that have been counted."""
    order, rows = runs.order, runs.rows
    thresholds = [*prune, *[prune[-1] if prune else 0] * order][:order]
    if len(vocabulary) <= 3:
        raise TextError("there are no words in the text", hint="give one sentence per line")
    listen("adjusting counts")
    dropped = _dropped(vocabulary, keep)
    tables = adjust_counts(runs.merged(len(vocabulary)), order, thresholds, dropped, store)
    if not len(tables[-1]):
        raise TextError(f"no line is long enough for n-grams of order {order}", hint=hints.SMALLER_ORDER)
    discounts = choose_discounts(tables, warn)
    models = estimate(tables, discounts, store, rows, lambda n: listen(f"estimating {n}-grams"), interpolate)
    return EstimatedModel([word.decode() for word in vocabulary], tables, models, rows)


def _dropped(vocabulary: Vocabulary, keep: set[bytes] | None) -> np.ndarray | None:
    if keep is None:
        return None
    dropped = np.fromiter((word not in keep for word in vocabulary), bool, len(vocabulary))
    dropped[: END_ID + 1] = False
    return dropped
