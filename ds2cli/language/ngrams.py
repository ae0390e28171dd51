"""An n-gram back-off model as plain arrays: what ARPA files, KenLM binaries and the estimator have in common."""

from dataclasses import dataclass

import numpy as np

UNKNOWN, BEGIN, END = "<unk>", "<s>", "</s>"


@dataclass
class NgramTables:
    """Every n-gram of a model, order by order.

    words    (V,) the vocabulary in order of id; words[0] is <unk>
    ngrams   one array per order n: (count_n, n) int32 word ids, oldest word first
    log10_probs     one per order: (count_n,) float32
    log10_backoffs  one per order but the highest: (count_n,) float32; 0 where the n-gram is never a context
    notes    what a person should know of the file that they came from
    """

    words: list[str]
    ngrams: list[np.ndarray]
    log10_probs: list[np.ndarray]
    log10_backoffs: list[np.ndarray]
    notes: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        return len(self.ngrams)

    @property
    def counts(self) -> list[int]:
        return [len(table) for table in self.ngrams]
