"""Training text in: files of sentences or records, plain or compressed, as lists of tokens, block by block."""

import gzip
import json
import lzma
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO

from ds2cli.errors import UsageError
from ds2cli.language.ngrams import END

BLOCK_BYTES = 4 << 20
END_TOKEN = END.encode()
RESERVED = re.compile(rb"(?<!\S)(<s>|</s>|<unk>|<UNK>)(?!\S)")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
GZIP_MAGIC, XZ_MAGIC = b"\x1f\x8b", b"\xfd7zXZ\x00"


def read_sentences(paths: Iterable[str | Path], units: bool = False) -> Iterator[list[bytes]]:
    """The tokens of one file after another, each sentence (line, or record's `text`) ended by `</s>`.

    paths    plain, .gz or .xz; sentences one a line, or JSON lines with a field `text`; `-` is standard input
    units    tokens are characters instead of words; white space between them is no token
    raises   UsageError naming file and line where text is not UTF-8 or holds <s>, </s> or <unk>

    An empty line is an empty sentence, as lmplz has it.
    """
    for path in paths:
        name = "stdin" if str(path) == "-" else f"`{path}`"
        number = 1
        with _opened(path, name) as stream:
            for block in _blocks(stream, name):
                lines = block.count(b"\n")
                _check(block, name, number)
                text = _texts(block, name, number) if block.lstrip()[:1] == b"{" else block
                yield _tokens(text, units)
                number += lines


def read_lines(path: str | Path, units: bool = False) -> Iterator[list[bytes]]:
    """The same tokens line by line, without `</s>`."""
    for tokens in read_sentences([path], units):
        start = 0
        for place, token in enumerate(tokens):
            if token == END_TOKEN:
                yield tokens[start:place]
                start = place + 1


def _tokens(text: bytes, units: bool) -> list[bytes]:
    if units:
        text = " ".join(text.decode()).encode()
    if b"\0" in text:
        text = text.replace(b"\0", b" ")
    return text.replace(b"\n", b" " + END_TOKEN + b" ").split()


def _texts(block: bytes, name: str, number: int) -> bytes:
    """The `text` of records, one a line; lines that are not records stay as they are, if the first is none."""
    found = []
    for line_number, line in enumerate(block.split(b"\n")[:-1], number):
        try:
            record = json.loads(line) if line.strip() else {"text": ""}
        except json.JSONDecodeError as problem:
            if line_number == number:
                return block  # prose that begins with a brace
            raise UsageError(f"{name}, line {line_number}: not JSON ({problem.msg})") from None
        text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(text, str):
            raise UsageError(f"{name}, line {line_number}: no field `text`", hint="each record needs its text")
        if line.strip():
            found.append(" ".join(text.split()).encode())
            if RESERVED.search(found[-1]):
                _refuse(found[-1], name, line_number)
    return b"\n".join([*found, b""])


def _check(block: bytes, name: str, number: int) -> None:
    try:
        block.decode()
    except UnicodeDecodeError as problem:
        line = number + block.count(b"\n", 0, problem.start)
        raise UsageError(f"{name}, line {line}: not UTF-8", hint="convert it with: iconv -f latin1 -t utf-8") from None
    if b"<" in block and (found := RESERVED.search(block)):
        _refuse(block, name, number + block.count(b"\n", 0, found.start()))


def _refuse(text: bytes, name: str, line: int) -> None:
    found = RESERVED.search(text)
    token = found.group().decode() if found else ""
    raise UsageError(f"{name}, line {line}: the text holds `{token}`, which the model keeps for itself",
                     hint=f"take it out: sed 's|{token}||g'")


def _blocks(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Whole lines, a few megabytes together; the last line is ended where the file does not."""
    rest, first = b"", True
    while True:
        try:
            block = stream.read(BLOCK_BYTES)
        except (gzip.BadGzipFile, lzma.LZMAError, EOFError):
            raise UsageError(f"{name} is compressed, and broken", hint="check it with: gzip -t, xz -t") from None
        if first:
            block, first = block.removeprefix(BYTE_ORDER_MARK), False
        if not block:
            break
        whole, newline, after = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = after
        else:
            rest += block
    if rest:
        yield rest + b"\n"


@contextmanager
def _opened(path: str | Path, name: str) -> Iterator[IO[bytes]]:
    try:
        raw = sys.stdin.buffer if str(path) == "-" else open(path, "rb")
    except OSError as problem:
        what = "no such file" if isinstance(problem, FileNotFoundError) else "cannot read"
        raise UsageError(f"{what}: {name}", hint="give plain, .gz or .xz text, or - for standard input") from None
    buffered = raw if hasattr(raw, "peek") else BufferedReader(raw)
    try:
        magic = buffered.peek(8)
        opener = gzip.open if magic.startswith(GZIP_MAGIC) else lzma.open if magic.startswith(XZ_MAGIC) else None
        yield opener(buffered, "rb") if opener else buffered
    except IsADirectoryError:
        raise UsageError(f"cannot read: {name} is a folder", hint="name its files") from None
    finally:
        if str(path) != "-":
            raw.close()
