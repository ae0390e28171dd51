"""Finding many n-grams of a model at once: rows by words, in numpy."""

import numpy as np

from ds2cli.language.kenlm_binary import close_under_parts
from ds2cli.language.ngrams import NgramTables

MISSING = -1


class NgramIndex:
    """Where n-grams stand in a model's tables.

    An n-gram is found through its suffix: (row of the suffix, first word) is one 64-bit key among sorted keys.
    """

    def __init__(self, tables: NgramTables) -> None:
        self._unigram = np.full(len(tables.words), MISSING, np.int64)
        self._unigram[tables.ngrams[0][:, 0]] = np.arange(tables.counts[0])
        self._keys: list[np.ndarray] = []
        self._rows: list[np.ndarray] = []
        for ids in tables.ngrams[1:]:
            keys = _key(self.rows(ids[:, 1:]), ids[:, 0])
            order = np.argsort(keys)
            self._keys.append(keys[order])
            self._rows.append(order)

    def rows(self, ids: np.ndarray) -> np.ndarray:
        """The row of each n-gram in the table of its order, or MISSING. ids (N, n) -> (N,) int64"""
        rows = self._unigram[ids[:, -1]]
        for place in range(2, ids.shape[1] + 1):
            keys, order = self._keys[place - 2], self._rows[place - 2]
            wanted = _key(rows, ids[:, -place])
            at = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
            found = (rows != MISSING) & (keys[at] == wanted) if len(keys) else np.zeros(len(rows), bool)
            rows = np.where(found, order[at], MISSING) if len(keys) else np.full(len(rows), MISSING)
        return rows

    def parts(self, tables: NgramTables) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Per order from 2 on, the rows of every n-gram's suffix and of its context in the order below."""
        return ([self.rows(ids[:, 1:]) for ids in tables.ngrams[1:]],
                [self.rows(ids[:, :-1]) for ids in tables.ngrams[1:]])


def closed(tables: NgramTables) -> tuple[NgramTables, list[np.ndarray], list[np.ndarray]]:
    """The model with every n-gram's suffix and context among its n-grams, and their rows, per order from 2 on.

    Models of some toolkits lack parts; what is added has the probability that backing off gave it, so no score changes.
    """
    for _ in range(2):
        suffixes, contexts = NgramIndex(tables).parts(tables)
        if all((rows != MISSING).all() for rows in (*suffixes, *contexts)):
            return tables, suffixes, contexts
        tables = close_under_parts(tables)
    raise ValueError("n-grams lack their parts, even after these were added")


def _key(rows: np.ndarray, first: np.ndarray) -> np.ndarray:
    return (rows.astype(np.uint64) << np.uint64(32)) | first.astype(np.uint64)
