"""Models onto disk: ARPA text (plain, gzip or xz) or KenLM's binary, written beside and renamed."""

import gzip
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import UsageError
from ds2cli.io.atomic import atomic_write
from ds2cli.io.urls import must_be_here
from ds2cli.language.kenlm_binary import to_probing
from ds2cli.language.ngrams import NgramTables

ROWS = 1 << 18
ENDINGS = (".arpa", ".arpa.gz", ".arpa.xz", ".bin")

Output = IO[bytes] | gzip.GzipFile | lzma.LZMAFile
Block = tuple[np.ndarray, np.ndarray, np.ndarray | None]  # ids (N, n), log10 p (N,), log10 back-off (N,)


def check_model_path(path: Path) -> None:
    """raises  UsageError where no model can be written there, before any work"""
    must_be_here(path)
    if not path.name.endswith(ENDINGS):
        raise UsageError(f"`{path}`: a model's name ends in {', '.join(ENDINGS)}", hint="for example: -o lm.arpa.gz")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write `{path}`: no such folder", hint=f"make it with: mkdir -p {path.parent}")


def write_model(tables: NgramTables, path: Path) -> None:
    """A model in the form that the file's name asks for: `.bin` is KenLM's binary, the others are text."""
    with written_beside(path) as file:
        if path.suffix == ".bin":
            file.write(to_probing(tables).data)
        else:
            write_arpa(file, tables.words, tables.counts, lambda n: _blocks_of(tables, n))


def write_arpa(file: Output, words: list[str], counts: list[int],
               blocks: Callable[[int], Iterator[Block]]) -> None:
    """The text form: counts, then every n-gram with log10 probability and back-off, in the fewest digits.

    blocks  the n-grams of one order, piece by piece
    """
    encoded = [word.encode() for word in words]
    bounds = np.concatenate([[0], np.cumsum([len(word) for word in encoded])]).astype(np.uint64)
    text = b"".join(encoded)
    file.write("".join(["\\data\\\n", *(f"ngram {n}={count}\n" for n, count in enumerate(counts, 1))]).encode())
    for n in range(1, len(counts) + 1):
        file.write(f"\n\\{n}-grams:\n".encode())
        for block in blocks(n):
            file.write(_kernels.format_arpa(text, bounds, *block))
    file.write(b"\n\\end\\\n")


def _blocks_of(tables: NgramTables, n: int) -> Iterator[Block]:
    backoffs = tables.log10_backoffs[n - 1] if n < tables.order else None
    for start in range(0, tables.counts[n - 1], ROWS):
        piece = slice(start, start + ROWS)
        yield (tables.ngrams[n - 1][piece], tables.log10_probs[n - 1][piece],
               backoffs[piece] if backoffs is not None else None)


@contextmanager
def written_beside(path: Path) -> Iterator[Output]:
    """A file that appears whole at its end or not at all; compressed where its name ends in `.gz` or `.xz`.

    raises  UsageError where it cannot be begun, Ds2Error where it cannot be ended (a full disk)
    """
    with atomic_write(path) as place, open(place, "wb") as raw:
        if path.suffix == ".gz":  # neither name nor time inside: the same model is the same file
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file:
                yield file
        elif path.suffix == ".xz":
            with lzma.LZMAFile(raw, "wb") as file:
                yield file
        else:
            yield raw
