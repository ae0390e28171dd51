"""Which errors: words confused, lost and added, by how often; and the utterances that went worst."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ds2cli.scoring.corpus import Corpus
from ds2cli.scoring.edits.distance import DELETED, INSERTED, SUBSTITUTED

BATCH = 5_000


@dataclass
class Confusions:
    """How often each reference word became another, was lost, or each hypothesis word was added."""

    substitutions: Counter[tuple[str, str]] = field(default_factory=Counter)
    deletions: Counter[str] = field(default_factory=Counter)
    insertions: Counter[str] = field(default_factory=Counter)


def confusions(corpus: Corpus) -> Confusions:
    """The confusions of a corpus, from its alignments."""
    found = Confusions()
    wrong = np.flatnonzero(corpus.wrong).tolist()
    for start in range(0, len(wrong), BATCH):
        for path in corpus.alignments(wrong[start : start + BATCH]):
            for kind, said, understood in path:
                if kind == SUBSTITUTED and said is not None and understood is not None:
                    found.substitutions[said, understood] += 1
                elif kind == DELETED and said is not None:
                    found.deletions[said] += 1
                elif kind == INSERTED and understood is not None:
                    found.insertions[understood] += 1
    return found


def most_frequent(counter: Counter, at_most: int) -> list[tuple]:
    """The most frequent, ties in alphabetical order: the same report from the same data."""
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:at_most]


def worst(corpus: Corpus, at_most: int) -> list[int]:
    """The utterances with the most word errors; of several the one with the higher rate, then the earlier one."""
    errors = corpus.words[:, SUBSTITUTED:].sum(1)
    spoken = corpus.words[:, :INSERTED].sum(1)
    order = np.lexsort((np.arange(len(errors)), spoken, -errors))
    return [int(n) for n in order[:at_most] if errors[n]]
