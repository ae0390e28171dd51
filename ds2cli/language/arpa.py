"""ARPA files in: the text form in which every toolkit writes n-gram models. A kernel parses 100 MB in seconds."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError
from ds2cli.io.remote import local_copy
from ds2cli.io.text import MARKS, compression, open_utf8
from ds2cli.language.kenlm_binary import MAGIC, MULTIPLIER, is_kenlm_binary, to_probing
from ds2cli.language.ngrams import BEGIN, END, NgramTables

BUILD_HINT = "build a model with: ds2 lm build corpus.txt -o lm.arpa"


def read_arpa(path: str | Path) -> NgramTables:
    """The n-grams of an ARPA file, plain or compressed (gzip, xz, bzip2).

    A file without <unk> gets one with log10 probability -100, as KenLM gives it; `<UNK>` is read as <unk>. Of an n-gram
    that is listed again the last line counts, and the tables' `notes` say so; likewise where a file has a copy of <s>
    as its </s>, beside its own.
    raises  LanguageModelError naming file and line where it is not such a file, or is cut short
    """
    return _tables(_parsed(_content(path), path), path)


def arpa_to_binary(path: str | Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """An ARPA file as a KenLM binary's bytes, (size,) uint8, and notes on the file; raises as read_arpa."""
    arpa = _parsed(_content(path), path)
    content = np.zeros(arpa.binary_size(MULTIPLIER), np.uint8)
    if arpa.write_probing(content, MULTIPLIER):
        return content, _notes(arpa, path)
    tables = _tables(arpa, path)
    return to_probing(tables), tables.notes


def _parsed(text: bytes | mmap.mmap, path: str | Path) -> Any:
    if is_kenlm_binary(text[: len(MAGIC)]):
        raise LanguageModelError(f"`{path}` is a KenLM binary, where ARPA is needed", hint="name what it was made from")
    try:
        arpa = _kernels.Arpa(text)
    except ValueError as problem:
        hint = f"convert it with: iconv -f latin1 -t utf-8 {path}" if "not UTF-8" in str(problem) else BUILD_HINT
        raise LanguageModelError(f"`{path}`, {problem}", hint=hint) from None
    for word in (BEGIN, END):
        if not arpa.has_word(word):
            raise LanguageModelError(f"`{path}` has no 1-gram `{word}`", hint="build one from sentences")
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


def _content(path: str | Path) -> bytes | mmap.mmap:
    """A file's UTF-8 text: mapped where it is plain, else read, whatever wraps it.

    raises  LanguageModelError where it is missing or a compressed binary; UsageError where it is cut short
    """
    path = local_copy(path, BUILD_HINT)
    if not path.is_file():
        raise LanguageModelError(f"no such file: `{path}`", hint=BUILD_HINT)
    with open(path, "rb") as file:
        head = file.read(max(map(len, MARKS)))
        if head and not compression(path) and not head.startswith(tuple(MARKS)):
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # unmapped with its last reader
    try:
        with open_utf8(path, BUILD_HINT) as stream:
            text = stream.read()
    except UnicodeDecodeError:
        raise LanguageModelError(f"`{path}` is not in the encoding that its mark says", hint=BUILD_HINT) from None
    if is_kenlm_binary(text):
        raise LanguageModelError(f"`{path}` is a KenLM binary, compressed: it cannot be mapped so",
                                 hint="decompress it first")
    return text
