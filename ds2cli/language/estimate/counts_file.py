"""Counted n-grams on disk: what is counted of a text on one machine, for a model of the texts of many.

Frames (ds2cli.jobs.frames): a head; the words in order of appearance; blocks of n-grams; an end, without which the file
is not whole.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ds2cli.errors import UsageError
from ds2cli.io.remote import local_copy
from ds2cli.io.urls import url_of
from ds2cli.jobs.frames import Frame, read_frames, write_frame
from ds2cli.language.estimate.counting import Counted, Runs, Vocabulary, count_ngrams
from ds2cli.language.estimate.spill import SpillStore

FORMAT = "ds2 n-gram counts 1"
SUFFIX = ".counts"  # of what a URL leads to, where that is counts
BLOCK_ROWS = 1 << 20


@dataclass(frozen=True)
class Tokenisation:
    """What the tokens of a text are; `units`, `spaces` and `mixed` as `ds2cli.language.texts` reads them."""

    units: bool = False
    spaces: bool = False
    mixed: bool = False


def write_counts(file: BinaryIO, runs: Runs, vocabulary: Vocabulary, tokens: Tokenisation) -> int:
    """All n-grams of the longest order, in suffix order; returns how many."""
    words = list(vocabulary)
    write_frame(file, {"format": FORMAT, "order": runs.order, **asdict(tokens)})
    write_frame(file, {"words": len(words)}, [b"\n".join(words)])
    total = 0
    for counted in runs.merged(len(words)):
        for start in range(0, len(counted.counts), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            columns = [np.ascontiguousarray(column[block], "<i4").tobytes() for column in counted.columns]
            write_frame(file, {"ngrams": len(counted.counts[block])},
                        [*columns, np.ascontiguousarray(counted.counts[block], "<i8").tobytes()])
        total += len(counted.counts)
    write_frame(file, {"end": total})
    return total


def is_counts(path: str | Path) -> bool:
    """Whether a file holds counts, and no text."""
    url = url_of(path)
    if url is not None and not url.endswith(SUFFIX):  # a text, which is streamed
        return False
    place = local_copy(path)
    head = next(read_frames(place), None) if place.is_file() else None
    return head is not None and head.content.get("format") == FORMAT


class CountsFile:
    """The counts of one text.

    raises  UsageError where the file is cut short or damaged, as its blocks are read
    """

    def __init__(self, path: str | Path) -> None:
        self.path = local_copy(path)
        head, words = islice(self._frames(), 2)
        self.order: int = head.content["order"]
        self.tokens = Tokenisation(**{name: head.content[name] for name in asdict(Tokenisation())})
        self.words: list[bytes] = words.blobs[0].split(b"\n")

    def _frames(self) -> Iterator[Frame]:
        """All frames but the end."""
        for frame in read_frames(self.path):
            if "end" in frame.content:
                return
            yield frame
        raise UsageError(f"`{self.path}` is cut short or damaged", hint="count that text again: ds2 lm count")

    def blocks(self, order: int) -> Iterator[Counted]:
        """The n-grams of an order up to the file's own, some at a time, which may hold the same ones: columns and
        counts, by the file's own ids of words."""
        for frame in islice(self._frames(), 2, None):
            columns = [np.frombuffer(blob, "<i4") for blob in frame.blobs[:order]]
            yield Counted(columns, np.frombuffer(frame.blobs[-1], "<i8"))

    def unigrams(self) -> Counter[bytes]:
        """How often each word occurs; among equals, the first to appear stands first."""
        counts = np.zeros(len(self.words), np.int64)
        for block in self.blocks(1):
            np.add.at(counts, block.columns[0], block.counts)
        return Counter({word: int(count) for word, count in zip(self.words, counts, strict=True) if count})


def merged_counts(files: list[CountsFile], order: int, vocabulary: Vocabulary, store: SpillStore, rows: int) -> Runs:
    """The counts of all texts, as if one had been read behind another: words have the ids that they would have had.

    rows  n-grams at work at a time
    """
    numbers = [vocabulary.encode(file.words) for file in files]
    runs = Runs(store, order, rows)
    for file, number in zip(files, numbers, strict=True):
        for block in file.blocks(order):
            for start in range(0, len(block.counts), rows):
                piece = slice(start, start + rows)
                columns = [number[column[piece]] for column in block.columns]
                runs.add(count_ngrams(columns, len(vocabulary), block.counts[piece]), len(vocabulary))
    return runs
