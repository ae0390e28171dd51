"""`ds2 lm build`: text, or counts of its parts, in, n-gram model out, no other program needed."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.language.estimate.counting import Vocabulary
from ds2cli.language.estimate.counts_file import CountsFile, Tokenisation, merged_counts
from ds2cli.language.estimate.estimator import EstimatedModel, estimate_counted, estimate_model, rows_of
from ds2cli.language.estimate.spill import SpillStore, share_of
from ds2cli.language.model_file import check_model_path, write_arpa, write_model, written_beside
from ds2cli.language.texts import END_TOKEN, read_sentences, read_words
from ds2cli.text.lexicon import read_said_words
from ds2cli.workflows.lm.count import counts_among, unigrams_of
from ds2cli.workflows.lm.lexicon import unsaid_note

MAX_ORDER = 6  # as far as KenLM is compiled by default


@dataclass(frozen=True)
class BuildSettings:
    """What is asked of a model.

    prune   per order, n-grams seen at most so often are left out; the last goes for all higher orders
    vocab   a file of the words to model, or None for all
    top     model the commonest words only; 0 for all
    units   tokens are characters
    spaces  with units: a space is a token too, `<space>`
    mixed   tokens are words, and each character of a script without spaces
    lexicon_file  model the words that it says only
    memory  bytes; what goes beyond is sorted on disk
    interpolate  an n-gram's probability has a share of the lower orders', as lmplz's; else it is its own count's alone
    """

    order: int
    prune: tuple[int, ...]
    vocab: Path | None
    top: int
    units: bool
    spaces: bool
    memory: int
    interpolate: bool
    mixed: bool
    lexicon_file: Path | None

    @property
    def tokens(self) -> Tokenisation:
        return Tokenisation(self.units, self.spaces, self.mixed)


@dataclass(frozen=True)
class Built:
    """What was built: n-grams of each order, tokens read, bytes that went through the disk."""

    counts: list[int]
    tokens: int
    spilled: int


def build_model(texts: Sequence[str], output: Path, settings: BuildSettings, warn: Callable[[str], None],
                listen: Callable[[str], None]) -> Built:
    """Estimates a model and writes it.

    listen  is told what is being done, several times a second
    raises  UsageError where settings or text are wrong; TextError where there is too little to count
    """
    check_build(texts, output, settings)
    counted = counts_among(texts, settings.order, settings.tokens)
    share = share_of(settings.memory)
    with tempfile.TemporaryDirectory(prefix="ds2-lm-") as folder, SpillStore(share, Path(folder)) as store:
        n_tokens = 0

        def sentences() -> Iterator[list[bytes]]:
            nonlocal n_tokens
            for tokens in _read(texts, settings):
                if count is not None:
                    count.update(tokens)
                n_tokens += len(tokens)
                listen(f"{n_tokens:,} words read")
                yield tokens

        keep = _wanted_words(texts, counted, settings)
        count: Counter[bytes] | None = Counter() if settings.lexicon_file else None
        if counted:
            model = _estimate_counted(counted, settings, keep, store, warn, listen)
            count = unigrams_of(counted) if settings.lexicon_file else None
        else:
            model = _estimate(sentences(), settings, keep, store, warn, listen)
        if count is not None and settings.lexicon_file:
            note = unsaid_note(count, settings.lexicon_file)
            if note:
                warn(f"{note}: they are <unk>; ds2 prepare lexicon says them as they are spelled")
        listen(f"writing {output}")
        if output.suffix == ".bin":  # hash tables are filled in memory; text is written as the store gives it
            write_model(model.to_tables(), output)
        else:
            with written_beside(output) as file:
                write_arpa(file, model.words, model.counts, model.blocks)
        return Built(model.counts, n_tokens, store.spilled)


def check_build(texts: Sequence[str], output: Path, settings: BuildSettings) -> None:
    """raises  UsageError for what cannot be built, before any work"""
    check_model_path(output)
    if not 1 <= settings.order <= MAX_ORDER:
        raise UsageError(f"order {settings.order} is not between 1 and {MAX_ORDER}")
    thresholds = settings.prune
    if len(thresholds) > settings.order:
        raise UsageError(f"--prune has {len(thresholds)} numbers for order {settings.order}")
    if thresholds and thresholds[0] != 0:
        raise UsageError("--prune begins with 0: unigrams are not pruned by count", hint="limit words with --top N")
    if any(a > b for a, b in zip(thresholds, thresholds[1:], strict=False)):
        raise UsageError("--prune goes down; a longer n-gram cannot be kept without its parts",
                         hint="for example: --prune 0 0 1")
    if settings.spaces and not settings.units:
        raise UsageError("--spaces is for models of characters", hint="give --units too")
    if settings.units and (settings.mixed or settings.lexicon_file):
        raise UsageError("--units is for models of characters", hint="leave it out: a lexicon outputs words")
    if settings.vocab and settings.lexicon_file:
        raise UsageError("--vocab and --lexicon-file both set the vocabulary", hint="leave out one of them")
    if settings.vocab and settings.top:
        raise UsageError("--vocab and --top exclude each other")
    if settings.top and "-" in texts:
        raise UsageError("--top reads the text twice, which stdin cannot be", hint="write it to a file first")


def _estimate(sentences: Iterator[list[bytes]], settings: BuildSettings, keep: set[bytes] | None, store: SpillStore,
              warn: Callable[[str], None], listen: Callable[[str], None]) -> EstimatedModel:
    return estimate_model(sentences, settings.order, settings.prune, keep, store=store, memory=store.memory,
                          warn=warn, listen=listen, interpolate=settings.interpolate)


def _estimate_counted(files: list[CountsFile], settings: BuildSettings, keep: set[bytes] | None, store: SpillStore,
                      warn: Callable[[str], None], listen: Callable[[str], None]) -> EstimatedModel:
    vocabulary = Vocabulary()
    listen("merging counts")
    runs = merged_counts(files, settings.order, vocabulary, store, rows_of(store.memory, settings.order))
    return estimate_counted(runs, vocabulary, settings.prune, keep, store=store, warn=warn, listen=listen,
                            interpolate=settings.interpolate)


def _wanted_words(texts: Sequence[str], counted: list[CountsFile], settings: BuildSettings) -> set[bytes] | None:
    """The words that the model may know, or None for all."""
    said = {word.encode() for word in read_said_words(settings.lexicon_file)} if settings.lexicon_file else None
    if settings.vocab:
        wanted = read_words(settings.vocab)
        if not wanted:
            raise UsageError(f"`{settings.vocab}` lists no words", hint="give one word per line")
        return wanted
    if settings.top:
        counts = unigrams_of(counted) if counted else _counted_words(texts, settings)
        common = (word for word, _ in counts.most_common() if said is None or word in said)
        return set(islice(common, settings.top))
    return said


def _counted_words(texts: Sequence[str], settings: BuildSettings) -> Counter[bytes]:
    counts: Counter[bytes] = Counter()
    for tokens in _read(texts, settings):
        counts.update(tokens)
    del counts[END_TOKEN]
    return counts


def _read(texts: Sequence[str], settings: BuildSettings) -> Iterator[list[bytes]]:
    return read_sentences(texts, settings.units, settings.spaces, settings.mixed)
