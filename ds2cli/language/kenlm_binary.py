"""KenLM's binaries: hash tables and tries on disk that are mapped into memory and asked at once.

The layouts are in kernels/kenlm_format.h, probing_layout.h and trie_search.h. All six types are read, and the probing
type is written. KenLM loads ours, we load its, with the same scores.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import _kernels, hints
from ds2cli.errors import LanguageModelError
from ds2cli.io.atomic import atomic_write
from ds2cli.io.remote import local_copy
from ds2cli.language.ngrams import NgramTables

MAGIC = b"mmap lm http://kheafield.com/code"
MULTIPLIER = 1.5  # buckets per n-gram: KenLM's default
TYPES = ("probing", "probing with rest costs", "trie", "quantised trie", "trie with array pointers",
         "quantised trie with array pointers")
REBUILD = "build it again from its ARPA"


def write_probing(tables: NgramTables, path: str | Path, multiplier: float = MULTIPLIER) -> None:
    """An n-gram model as a binary file, written beside and renamed.

    multiplier  buckets per n-gram; fewer are smaller, more are faster
    raises  LanguageModelError where the vocabulary lacks <s> or </s>; UsageError where the file cannot be written
    """
    content = to_probing(tables, multiplier)
    with atomic_write(path) as place:
        place.write_bytes(content.data)


def to_probing(tables: NgramTables, multiplier: float = MULTIPLIER) -> np.ndarray:
    """The bytes of a binary file, as uint8; `_kernels.NgramModel` takes them as they are."""
    missing = [word for word in ("<s>", "</s>") if word not in tables.words]
    if missing:
        raise LanguageModelError(f"the model has no 1-gram `{missing[0]}`", hint="build one from sentences")
    tables = _at_least_bigrams(tables)
    words = "".join(word + "\0" for word in tables.words).encode()
    for _ in range(2):
        size = _kernels.probing_size(tables.counts, multiplier)
        content = np.zeros(size + len(words), np.uint8)
        if _kernels.write_probing(content, words, tables.ngrams, tables.log10_probs, tables.log10_backoffs, multiplier):
            return content
        tables = close_under_parts(tables)
    raise ValueError("n-grams lack their parts, even after these were added")


def is_kenlm_binary(content: bytes) -> bool:
    """Whether a file's first bytes are those of every KenLM binary, whatever its type."""
    return content.startswith(MAGIC)


def open_binary(path: str | Path) -> Any:
    """The kernel's model in a file, mapped and not read.

    raises  LanguageModelError where the file is no KenLM binary, is cut short, or has words that are not UTF-8
    """
    try:
        content = np.memmap(local_copy(path), np.uint8, "r")
    except (OSError, ValueError):
        raise LanguageModelError(f"cannot read `{path}`") from None
    return kernel_of_bytes(content, path)


def kernel_of_bytes(content: np.ndarray, path: str | Path) -> Any:
    """The kernel's model in a file's bytes, (size,) uint8; `path` is named in errors. Raises as open_binary."""
    try:
        kernel = _kernels.NgramModel(content, str(path))
    except ValueError as problem:
        raise LanguageModelError(f"`{path}` cannot be read: {problem}", hint=REBUILD) from None
    if not kernel.has_words:
        hint = hints.WORDS_OF_SCORER if Path(path).suffix == ".scorer" else REBUILD
        raise LanguageModelError(f"`{path}` was built without its words", hint=hint)
    count, is_ended, not_utf8 = kernel.survey_words()
    if count != kernel.bound or not is_ended:
        raise LanguageModelError(f"`{path}` is cut short: its words are not all there", hint="copy or build it again")
    if not_utf8 >= 0:
        raise LanguageModelError(f"`{path}`: word {not_utf8} is not UTF-8",
                                 hint="build it again from an ARPA in UTF-8: iconv -f latin1 -t utf-8")
    return kernel


def close_under_parts(tables: NgramTables) -> NgramTables:
    """The same model, where every n-gram's first n-1 and last n-1 words are n-grams too.

    Other toolkits prune these ("dumb", says KenLM's source of it), but look-ups that grow word by word pass through
    them. What is added has the probability that backing off gave it before, and no backoff weight: no score changes.
    """
    ngrams = [list(map(tuple, table.tolist())) for table in tables.ngrams]
    have = [set(table) for table in ngrams]
    added: list[list[tuple[int, ...]]] = [[] for _ in ngrams]
    for n in range(tables.order, 2, -1):
        for ngram in ngrams[n - 1] + added[n - 1]:
            for part in (ngram[1:], ngram[:-1]):
                if part not in have[n - 2]:
                    have[n - 2].add(part)
                    added[n - 2].append(part)
    probabilities = [dict(zip(grams, values.tolist(), strict=True))
                     for grams, values in zip(ngrams, tables.log10_probs, strict=True)]
    backoffs = [dict(zip(grams, values.tolist(), strict=True))
                for grams, values in zip(ngrams, tables.log10_backoffs, strict=False)]

    def score(ngram: tuple[int, ...]) -> float:
        known = probabilities[len(ngram) - 1].get(ngram)
        return known if known is not None else backoffs[len(ngram) - 2].get(ngram[:-1], 0.0) + score(ngram[1:])

    orders, log10_probs, log10_backoffs = [], [], []
    for n, new in enumerate(added):
        orders.append(np.concatenate([tables.ngrams[n], np.array(new, np.int32).reshape(-1, n + 1)]))
        log10_probs.append(np.concatenate([tables.log10_probs[n], np.array([score(g) for g in new], np.float32)]))
        if n + 1 < tables.order:
            log10_backoffs.append(np.concatenate([tables.log10_backoffs[n], np.zeros(len(new), np.float32)]))
    return NgramTables(tables.words, orders, log10_probs, log10_backoffs)


def _at_least_bigrams(tables: NgramTables) -> NgramTables:
    """A unigram model as a bigram model without bigrams: the format has no order 1."""
    if tables.order > 1:
        return tables
    zeros = np.zeros(len(tables.words), np.float32)
    return NgramTables(tables.words, [*tables.ngrams, np.zeros((0, 2), np.int32)],
                       [*tables.log10_probs, np.zeros(0, np.float32)], [zeros])
