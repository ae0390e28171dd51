"""ARPA files in: the text form in which every toolkit writes n-gram models. A kernel parses 100 MB in seconds."""

import gzip
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ds2cli import _kernels
from ds2cli.errors import LanguageModelError
from ds2cli.language.ngrams import NgramTables

GZIP_MAGIC = b"\x1f\x8b"
BUILD_HINT = "build a model with: ds2 lm build corpus.txt -o lm.arpa"


def read_arpa(path: str | Path) -> NgramTables:
    """The n-grams of an ARPA file, plain or gzipped.

    A file without <unk> gets one with log10 probability -100, as KenLM gives it; `<UNK>` is read as <unk>.
    raises  LanguageModelError naming file and line where it is not such a file, or is cut short
    """
    with _opened(path) as text:
        try:
            words, ngrams, log10_probs, log10_backoffs = _kernels.parse_arpa(text)
        except ValueError as problem:
            if isinstance(problem, UnicodeDecodeError):
                raise LanguageModelError(f"`{path}` is not UTF-8", hint="convert it with: iconv -t utf-8") from None
            raise LanguageModelError(f"`{path}`, {problem}", hint=BUILD_HINT) from None
    tables = NgramTables(list(words), list(ngrams), list(log10_probs), list(log10_backoffs))
    for word in ("<s>", "</s>"):
        if word not in tables.words:
            raise LanguageModelError(f"`{path}` has no 1-gram `{word}`", hint="a model of sentences is needed")
    return tables


@contextmanager
def _opened(path: str | Path) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a file: mapped where it is plain, decompressed where it is gzipped."""
    try:
        file = open(path, "rb")
    except OSError as problem:
        what = "no such file" if isinstance(problem, FileNotFoundError) else "cannot read"
        raise LanguageModelError(f"{what}: `{path}`", hint=BUILD_HINT) from None
    with file:
        magic = file.read(len(GZIP_MAGIC))
        file.seek(0)
        if not magic:
            yield b""
        elif magic == GZIP_MAGIC:
            try:
                text = gzip.decompress(file.read())
            except (OSError, EOFError, zlib.error):
                raise LanguageModelError(f"`{path}`: its gzip data is cut short or damaged", hint=BUILD_HINT) from None
            yield text
        else:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                yield text
