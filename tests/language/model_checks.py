"""What the tests of language models share: building in memory, comparing, adding up probabilities."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ds2cli.language.estimate.estimator import estimate_model
from ds2cli.language.estimate.spill import SpillStore
from ds2cli.language.ngrams import NgramTables

LMPLZ = Path(__file__).resolve().parent.parent / "golden" / "lmplz"


def novels() -> list[str]:
    return gzip.open(LMPLZ / "novels4k.txt.gz", "rt").read().splitlines()


def build(lines: Iterable[str], order: int, prune: tuple[int, ...] = (), keep: set[bytes] | None = None,
          memory: int = 1 << 30, warn=lambda message: None, interpolate: bool = True) -> NgramTables:
    """The model of some lines."""
    blocks = [[word for line in lines for word in (*line.encode().split(), b"</s>")]]
    with SpillStore(memory) as store:
        return estimate_model(blocks, order, prune, keep, store=store, memory=memory, warn=warn,
                              interpolate=interpolate).to_tables()


def as_dicts(tables: NgramTables) -> list[dict[tuple[str, ...], tuple[float, float]]]:
    """Per order, n-gram -> (log10 p, log10 back-off)."""
    found = []
    for n, ids in enumerate(tables.ngrams):
        backoffs = tables.log10_backoffs[n] if n + 1 < tables.order else np.zeros(len(ids))
        grams = [tuple(tables.words[word] for word in gram) for gram in ids.tolist()]
        found.append(dict(zip(grams, zip(tables.log10_probs[n].tolist(), backoffs.tolist(), strict=True), strict=True)))
    return found


def assert_same_model(ours: NgramTables, theirs: NgramTables, tolerance: float) -> None:
    """The same n-grams, with log10 probabilities and back-offs within a tolerance."""
    assert ours.counts == theirs.counts
    for mine, other in zip(as_dicts(ours), as_dicts(theirs), strict=True):
        assert mine.keys() == other.keys()
        difference = np.abs(np.array([mine[gram] for gram in other]) - np.array(list(other.values())))
        assert difference.max(initial=0) <= tolerance


def masses(tables: NgramTables, contexts: Iterable[tuple[int, ...]]) -> list[float]:
    """Sum of p(word | context) over all words, <unk> and </s> included, for each context."""
    probs = [dict(zip(map(tuple, ids.tolist()), values.tolist(), strict=True))
             for ids, values in zip(tables.ngrams, tables.log10_probs, strict=True)]
    backoffs = [dict(zip(map(tuple, ids.tolist()), values.tolist(), strict=True))
                for ids, values in zip(tables.ngrams, tables.log10_backoffs, strict=False)]
    words = [word for word in range(len(tables.words)) if tables.words[word] != "<s>"]

    def score(context: tuple[int, ...], word: int) -> float:
        known = probs[len(context)].get((*context, word))
        if known is not None:
            return known
        return backoffs[len(context) - 1].get(context, 0.0) + score(context[1:], word)

    cut = [context[max(0, len(context) - tables.order + 1) :] for context in contexts]
    return [sum(10 ** score(context, word) for word in words) for context in cut]


def random_contexts(tables: NgramTables, n: int, seed: int) -> list[tuple[int, ...]]:
    """Listed contexts of every length, and made-up ones."""
    generator = np.random.default_rng(seed)
    found: list[tuple[int, ...]] = [()]
    for ids in tables.ngrams[:-1]:
        found += [tuple(ids[row].tolist()) for row in generator.integers(len(ids), size=n)]
    for _ in range(n):
        found.append(tuple(generator.integers(2, len(tables.words), size=tables.order - 1).tolist()))
    return [context for context in found if tables.words.index("</s>") not in context]


def random_lines(seed: int, n_lines: int = 40, n_words: int = 7, longest: int = 6) -> list[str]:
    """Sentences in which some words are much commoner than others."""
    generator = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_words + 1)
    names = np.array([f"w{i}" for i in range(n_words)])
    return [" ".join(generator.choice(names, size=generator.integers(0, longest + 1), p=share / share.sum()))
            for _ in range(n_lines)]
