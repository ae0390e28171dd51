"""How good the n-best lists are: the error rate of someone who always picks the best entry."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ds2cli.errors import ManifestError
from ds2cli.scoring.corpus import Corpus, Counting, Lists, count_pairs
from ds2cli.scoring.edits.distance import SUBSTITUTED
from ds2cli.scoring.inputs.pairs import Pair
from ds2cli.scoring.rates import Counts, total


def entries_of(pairs: list[Pair]) -> list[tuple[int, Pair]]:
    """A pair for each entry of each n-best list, with the number of the pair that it belongs to.

    raises  ManifestError naming the utterance whose `nbest` is not a list of texts
    """
    with_lists = ((n, pair) for n, pair in enumerate(pairs) if pair.record.get("nbest"))
    return [(n, replace(pair, hypothesis=text)) for n, pair in with_lists for text in hypotheses_of(pair)]


def count_lists(entries: list[tuple[int, Pair]], counting: Counting) -> Lists | None:
    """The entries counted; None where there are none."""
    if not entries:
        return None
    return Lists(np.array([n for n, _ in entries]), count_pairs([pair for _, pair in entries], counting)[0])


def oracle(corpus: Corpus) -> tuple[Counts, float] | None:
    """Words of the best entry of each list, and the mean length of the lists; None where no record has one.

    The record's own hypothesis always takes part: an utterance without a list counts with it.
    """
    if corpus.lists is None:
        return None
    owners, counts = corpus.lists.owners, corpus.lists.words
    best = corpus.words.copy()
    errors = counts[:, SUBSTITUTED:].sum(1)
    for row, n in enumerate(owners.tolist()):
        if errors[row] < best[n, SUBSTITUTED:].sum():
            best[n] = counts[row]
    return total(best), len(owners) / len(set(owners.tolist()))


def hypotheses_of(pair: Pair) -> Iterator[str]:
    """The texts of a list, best first: plain strings, or objects with `text` or `pred_text`."""
    nbest: Any = pair.record["nbest"]
    for entry in nbest if isinstance(nbest, list) else [None]:
        text = entry.get("text", entry.get("pred_text")) if isinstance(entry, dict) else entry
        if not isinstance(text, str):
            hint = 'like [{"text": "a"}, {"text": "b"}]'
            raise ManifestError(f"`{pair.id}`: `nbest` is not a list of texts", hint=hint)
        yield text
