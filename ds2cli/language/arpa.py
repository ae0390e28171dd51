"""ARPA files in: the text form in which every toolkit writes n-gram models. A kernel parses 100 MB in seconds."""

import bz2
import gzip
import lzma
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError
from ds2cli.language.kenlm_binary import MULTIPLIER, is_kenlm_binary, to_probing
from ds2cli.language.ngrams import BEGIN, END, NgramTables

BUILD_HINT = "build a model with: ds2 lm build corpus.txt -o lm.arpa"
COMPRESSED = {b"\x1f\x8b": ("gzip", gzip.decompress), b"\xfd7zXZ\x00": ("xz", lzma.decompress),
              b"BZh": ("bzip2", bz2.decompress)}
LONGEST_MAGIC = max(map(len, COMPRESSED))
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_arpa(path: str | Path) -> NgramTables:
    """The n-grams of an ARPA file, plain or compressed (gzip, xz, bzip2).

    A file without <unk> gets one with log10 probability -100, as KenLM gives it; `<UNK>` is read as <unk>. Of an n-gram
    that is listed again the last line counts, and the tables' `notes` say so; likewise where a file has a copy of <s>
    as its </s>, beside its own.
    raises  LanguageModelError naming file and line where it is not such a file, or is cut short
    """
    with _opened(path) as text:
        return _tables(_parsed(text, path), path)


def arpa_to_binary(path: str | Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """An ARPA file as a KenLM binary's bytes, (size,) uint8, and notes on the file; raises as read_arpa."""
    with _opened(path) as text:
        arpa = _parsed(text, path)
        content = np.zeros(arpa.binary_size(MULTIPLIER), np.uint8)
        if arpa.write_probing(content, MULTIPLIER):
            return content, _notes(arpa, path)
        tables = _tables(arpa, path)
    return to_probing(tables), tables.notes


def compression_of(path: str | Path) -> str:
    """How a file is compressed, by its first bytes: gzip, xz, bzip2, or "" where it is not."""
    with open(path, "rb") as file:
        magic = file.read(LONGEST_MAGIC)
    return next((name for start, (name, _) in COMPRESSED.items() if magic.startswith(start)), "")


def _parsed(text: bytes | mmap.mmap, path: str | Path) -> Any:
    if text[:2] in UTF16_MARKS:
        raise LanguageModelError(f"`{path}` is UTF-16", hint=f"convert it with: iconv -f utf-16 -t utf-8 {path}")
    try:
        arpa = _kernels.Arpa(text)
    except ValueError as problem:
        hint = f"convert it with: iconv -f latin1 -t utf-8 {path}" if "not UTF-8" in str(problem) else BUILD_HINT
        raise LanguageModelError(f"`{path}`, {problem}", hint=hint) from None
    for word in (BEGIN, END):
        if not arpa.has_word(word):
            raise LanguageModelError(f"`{path}` has no 1-gram `{word}`", hint="a model of sentences is needed")
    return arpa


def _tables(arpa: Any, path: str | Path) -> NgramTables:
    words, ngrams, log10_probs, log10_backoffs = arpa.tables()
    return NgramTables(words, ngrams, log10_probs, log10_backoffs, _notes(arpa, path))


def _notes(arpa: Any, path: str | Path) -> tuple[str, ...]:
    """What a person should know of the file; n-grams above order 1 that are listed again are known after `tables`."""
    notes = []
    if arpa.has_copied_end:
        notes.append(f"`{path}` lists `</s>` twice; the copy of `<s>` is passed over")
    for n, (count, first) in enumerate(arpa.repeats, 1):
        if count:
            notes.append(f"`{path}` lists {count:,} {n}-gram{'s' if count > 1 else ''} more than once (`{first}`): "
                         "the last line counts")
    return tuple(notes)


@contextmanager
def _opened(path: str | Path) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a text: mapped, or decompressed; its first bytes tell, not its name."""
    try:
        file = open(path, "rb")
    except OSError as problem:
        what = "no such file" if isinstance(problem, FileNotFoundError) else "cannot read"
        raise LanguageModelError(f"{what}: `{path}`", hint=BUILD_HINT) from None
    with file:
        magic = file.read(LONGEST_MAGIC)
        file.seek(0)
        kind = next((kind for start, kind in COMPRESSED.items() if magic.startswith(start)), None)
        if not magic:
            yield b""
        elif kind:
            yield _decompressed(file.read(), *kind, path)
        else:
            yield mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # unmapped with its last reader


def _decompressed(content: bytes, name: str, decompress: Any, path: str | Path) -> bytes:
    try:
        text = decompress(content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        raise LanguageModelError(f"`{path}`: its {name} data is cut short or damaged", hint=BUILD_HINT) from None
    if is_kenlm_binary(text):
        raise LanguageModelError(f"`{path}` is a KenLM binary, compressed: it cannot be mapped so",
                                 hint="decompress it first")
    return text
