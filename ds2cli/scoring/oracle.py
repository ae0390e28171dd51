"""How good the n-best lists are: the error rate of someone who always picks the best entry."""

from typing import Any

from ds2cli.errors import ManifestError
from ds2cli.scoring.corpus import Corpus
from ds2cli.scoring.edits.distance import SUBSTITUTED
from ds2cli.scoring.rates import Counts, count_words, total


def oracle(corpus: Corpus) -> tuple[Counts, float] | None:
    """Words of the best entry of each list, and the mean length of the lists; None where no record has one.

    The record's own hypothesis always takes part: an utterance without a list counts with it.

    raises  ManifestError naming the utterance whose `nbest` is not a list of texts
    """
    owners, texts = [], []
    with_lists = ((n, pair) for n, pair in enumerate(corpus.pairs) if "nbest" in pair.record)
    for n, pair in with_lists:
        for text in hypotheses_of(pair.record["nbest"] or [], pair.id):
            owners.append(n)
            texts.append(text)
    if not texts:
        return None
    references = [corpus.pairs[n].reference for n in owners]
    counts = count_words(references, texts, corpus.counting.split, corpus.counting.costs)
    best = corpus.words.copy()
    errors = counts[:, SUBSTITUTED:].sum(1)
    for row, n in enumerate(owners):
        if errors[row] < best[n, SUBSTITUTED:].sum():
            best[n] = counts[row]
    return total(best), len(texts) / len(set(owners))


def hypotheses_of(nbest: Any, pair_id: str) -> list[str]:
    """The texts of a list, best first: plain strings, or objects with `text` or `pred_text`."""
    texts = [entry.get("text", entry.get("pred_text")) if isinstance(entry, dict) else entry
             for entry in (nbest if isinstance(nbest, list) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise ManifestError(f"`{pair_id}`: `nbest` is not a list of texts", hint='like [{"text": "a"}, {"text": "b"}]')
    return texts
