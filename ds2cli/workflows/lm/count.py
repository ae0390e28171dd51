"""`ds2 lm count`: one machine's part of a text to counts, for a model of all parts."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.io.atomic import atomic_write
from ds2cli.language.estimate.counting import Vocabulary, count_text
from ds2cli.language.estimate.counts_file import CountsFile, Tokenisation, is_counts, write_counts
from ds2cli.language.estimate.estimator import rows_of
from ds2cli.language.estimate.spill import SpillStore, share_of
from ds2cli.language.texts import END_TOKEN, read_sentences


def count_texts(texts: Sequence[str], output: Path, order: int, tokens: Tokenisation, memory: int,
                listen: Callable[[str], None]) -> int:
    """Writes the n-grams of an order and how often each occurs; returns how many there are.

    memory  bytes; what goes beyond is sorted on disk
    listen  is told what is being done, several times a second
    raises  UsageError where a text cannot be read, or holds counts
    """
    if any(is_counts(text) for text in texts if text != "-"):
        raise UsageError("counts of counts", hint="combine them: ds2 lm build *.counts -o lm.arpa")
    if tokens.spaces and not tokens.units:
        raise UsageError("--spaces is for models of characters", hint="give --units too")
    with tempfile.TemporaryDirectory(prefix="ds2-lm-") as folder, SpillStore(share_of(memory), Path(folder)) as store:

        def sentences() -> Iterator[list[bytes]]:
            n_tokens = 0
            for found in read_sentences(texts, tokens.units, tokens.spaces, tokens.mixed):
                n_tokens += len(found)
                listen(f"{n_tokens:,} words read")
                yield found

        vocabulary = Vocabulary()
        runs = count_text(sentences(), order, vocabulary, store, rows_of(store.memory, order))
        listen(f"writing {output}")
        with atomic_write(output) as place, open(place, "wb") as file:
            return write_counts(file, runs, vocabulary, tokens)


def counts_among(texts: Sequence[str], order: int, tokens: Tokenisation) -> list[CountsFile]:
    """The inputs as counts; none where they are texts.

    raises  UsageError where they are of both kinds, of a lower order than is wanted, or of other tokens
    """
    are_counts = [text != "-" and is_counts(text) for text in texts]
    if not any(are_counts):
        return []
    if not all(are_counts):
        text = texts[are_counts.index(False)]
        raise UsageError(f"`{text}` is a text, and others are counts", hint=f"count it first: ds2 lm count {text}")
    files = [CountsFile(text) for text in texts]
    for file in files:
        if file.order < order:
            raise UsageError(f"`{file.path}` counts n-grams of {file.order} words, fewer than {order}",
                             hint=f"--order {file.order}, or count again with: ds2 lm count --order {order}")
        if file.tokens != tokens:
            raise UsageError(f"`{file.path}` counts other tokens than were asked for",
                             hint="give both commands the same --units, --spaces and --words")
    return files


def unigrams_of(files: Sequence[CountsFile]) -> Counter[bytes]:
    """How often each word occurs in all of them, </s> aside."""
    counts: Counter[bytes] = Counter()
    for file in files:
        counts.update(file.unigrams())
    del counts[END_TOKEN]
    return counts
