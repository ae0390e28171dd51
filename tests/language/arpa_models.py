"""Small random back-off models for the tests, and their text form."""

import numpy as np

from ds2cli.language.ngrams import NgramTables


def random_tables(words: list[str], order: int, seed: int, keep: float = 0.4) -> NgramTables:
    """A model with random n-grams and weights; as in lmplz's, every part of an n-gram is an n-gram.

    Not normalised: back-off arithmetic does not ask for it.
    """
    generator = np.random.default_rng(seed)
    vocabulary = ["<unk>", "<s>", "</s>", *words]
    ngrams = [[(i,) for i in range(len(vocabulary))]]
    for _ in range(order - 1):
        shorter = set(ngrams[-1])
        longer = [gram + (word,) for gram in ngrams[-1] if gram[-1] != 2 for word in range(2, len(vocabulary))]
        longer = [gram for gram in longer if gram[1:] in shorter and generator.random() < keep]
        ngrams.append(longer)
    sizes = [len(table) for table in ngrams]
    return NgramTables(
        vocabulary,
        [np.array(table, np.int32).reshape(-1, n + 1) for n, table in enumerate(ngrams)],
        [-generator.uniform(0.1, 3, size).astype(np.float32) for size in sizes],
        [-generator.uniform(0, 1, size).astype(np.float32) for size in sizes[:-1]],
    )


def to_arpa(tables: NgramTables) -> str:
    """The text of an ARPA file, with nine digits so that floats come back as they were."""
    lines = ["\\data\\", *(f"ngram {n}={count}" for n, count in enumerate(tables.counts, 1)), ""]
    for n, table in enumerate(tables.ngrams):
        lines.append(f"\\{n + 1}-grams:")
        for i, ids in enumerate(table):
            backoff = f"\t{tables.log10_backoffs[n][i]:.9g}" if n + 1 < tables.order else ""
            lines.append(f"{tables.log10_probs[n][i]:.9g}\t{' '.join(tables.words[w] for w in ids)}{backoff}")
        lines.append("")
    return "\n".join([*lines, "\\end\\", ""])


def backoff_score(tables: NgramTables, history: tuple[int, ...], word: int) -> float:
    """log10 p(word | history) as the definition of back-off says it (Katz 1987): the readable reference."""
    history = history[-(tables.order - 1):] if tables.order > 1 else ()
    found = np.flatnonzero((tables.ngrams[len(history)] == (*history, word)).all(axis=1))
    if len(found):
        return float(tables.log10_probs[len(history)][found[0]])
    context = np.flatnonzero((tables.ngrams[len(history) - 1] == history).all(axis=1))
    weight = float(tables.log10_backoffs[len(history) - 1][context[0]]) if len(context) else 0.0
    return weight + backoff_score(tables, history[1:], word)
