"""Text in: plain, gzip, xz or bzip2, told by their first bytes; a file, a URL or stdin; UTF-8, or UTF-16 with its mark.

Every reader of the program opens its text here, so what is wrong with a file is said in the same words everywhere.
"""

import bz2
import codecs
import errno
import gzip
import lzma
import re
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import IO, Any

from ds2cli.errors import UsageError
from ds2cli.io.urls import MISSING_HINT as MISSING_URL_HINT
from ds2cli.io.urls import UNREADABLE_HINT, url_of
from ds2cli.media import kind_of

Line = tuple[int, str]

OPENERS: dict[bytes, tuple[str, Any]] = {
    b"\x1f\x8b": ("gzip", gzip.open), b"\xfd7zXZ\x00": ("xz", lzma.open), b"BZh": ("bzip2", bz2.open)
}  # fmt: skip
# The longer marks first: UTF-32's begins like UTF-16's.
MARKS = {b"\xff\xfe\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be",
         b"\xef\xbb\xbf": "utf-8"}
BROKEN = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)
LOOKED_AT = 4096  # bytes
MISSING_HINT = "give plain, .gz, .xz or .bz2 text, or - for stdin"


def called(source: str | Path) -> str:
    """How messages call a source."""
    return "stdin" if str(source) == "-" else f"`{url_of(source) or source}`"


def read_lines(source: str | Path, missing_hint: str = MISSING_HINT) -> Iterator[str]:
    """The lines of a text with their line ends as they are, without a byte-order mark; `-` is stdin.

    Only a newline ends a line: a carriage return before it belongs to it, and the other separators of Unicode may stand
    inside a transcript. In a file without any newline, as old Macs wrote them, carriage returns end the lines.

    missing_hint  what to do where there is no such file
    raises        UsageError where the file cannot be read, is cut short, or is not UTF-8 (line and byte are named)
    """
    number = 0
    with open_bytes(source, missing_hint) as stream:
        try:
            for number, line in enumerate(_decoded(stream), 1):  # noqa: B007 (the number is for the errors below)
                if number == 1 and not line.endswith("\n") and "\r" in line.rstrip("\r"):
                    yield from (f"{one}\n" for one in line.split("\r"))
                else:
                    yield line
        except UnicodeDecodeError as problem:
            raise _not_utf8(source, number + 1, problem) from None
        except BROKEN as problem:
            raise _broken(source, problem, f" after line {number}") from None


def numbered_lines(source: str | Path, missing_hint: str = MISSING_HINT) -> Iterator[Line]:
    """Number and text of each line, without its end; as `read_lines`, so that every complaint can name one."""
    for number, line in enumerate(read_lines(source, missing_hint), 1):
        yield number, line.rstrip("\n").removesuffix("\r")


def read_text(source: str | Path, missing_hint: str = MISSING_HINT) -> str:
    """All of a text; raises as read_lines does."""
    return "".join(read_lines(source, missing_hint))


def compose(text: str) -> str:
    """The text in Unicode's composed form (NFC): e and its accent are one character, however a file writes them."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


@contextmanager
def open_bytes(source: str | Path, missing_hint: str = MISSING_HINT) -> Iterator[IO[bytes]]:
    """A file's bytes, decompressed where its first ones say so; `-` is stdin, which stays open.

    raises  UsageError where the file cannot be read; what is broken inside is named when it is reached
    """
    try:
        raw = sys.stdin.buffer if str(source) == "-" else _opened(source)
    except OSError as problem:
        raise _cannot_read(source, problem, missing_hint) from None
    buffered: Any = raw if hasattr(raw, "peek") else BufferedReader(raw)
    try:
        magic = buffered.peek(LOOKED_AT)
        if kind := kind_of(magic):
            raise UsageError(f"{called(source)} is a recording ({kind.name}), not text",
                             hint=f"what is said in it: ds2 decode {url_of(source) or source}")
        opener = next((opener for mark, (_, opener) in OPENERS.items() if magic.startswith(mark)), None)
        yield opener(buffered, "rb") if opener else buffered
    except BROKEN as problem:
        raise _broken(source, problem) from None
    except OSError as problem:
        if problem.errno is None:  # bzip2's way to say that its data is damaged
            raise _broken(source, problem) from None
        if problem.errno != errno.EIO:
            raise  # whoever reads has trouble of their own
        raise _cannot_read(source, problem, missing_hint) from None
    finally:
        if str(source) != "-":
            raw.close()


def compression(source: str | Path) -> str | None:
    """`gzip`, `xz`, `bzip2`, or None: by a file's first bytes, whatever its name."""
    with _opened(source) as file:
        magic = file.read(8)
    return next((name for mark, (name, _) in OPENERS.items() if magic.startswith(mark)), None)


@contextmanager
def open_utf8(source: str | Path, missing_hint: str = MISSING_HINT) -> Iterator[IO[bytes]]:
    """The same as UTF-8 without its byte-order mark, for readers of blocks; what has no mark comes as it is."""
    with open_bytes(source, missing_hint) as stream:
        encoding = _encoding(stream)
        yield stream if encoding == "utf-8" else codecs.EncodedFile(stream, "utf-8", encoding)


def _opened(source: str | Path) -> IO[bytes]:
    if (url := url_of(source)) is None:
        return open(source, "rb")
    from ds2cli.io.remote import open_stream

    return open_stream(url)


def _encoding(stream: Any) -> str:
    """What the byte-order mark says, which is read over; UTF-8 where there is none."""
    first = stream.peek(4)[:4]
    mark, encoding = next(((mark, name) for mark, name in MARKS.items() if first.startswith(mark)), (b"", "utf-8"))
    stream.read(len(mark))
    return encoding


def _decoded(stream: IO[bytes]) -> Iterator[str]:
    """The lines, by the encoding that the byte-order mark names; UTF-8 where there is none."""
    encoding = _encoding(stream)
    if encoding == "utf-8":
        yield from map(bytes.decode, stream)
        return
    lines = TextIOWrapper(stream, encoding, newline="\n")
    try:
        yield from lines
    finally:
        if not stream.closed:  # as it is where reading was given up
            lines.detach()


def _cannot_read(source: str | Path, problem: OSError, missing_hint: str) -> UsageError:
    name = called(source)
    if isinstance(problem, FileNotFoundError):
        return UsageError(f"no such file: {name}", hint=MISSING_URL_HINT if url_of(source) else missing_hint)
    if isinstance(problem, IsADirectoryError):
        return UsageError(f"cannot read {name}: it is a folder", hint="name a file in it, or - for stdin")
    if url_of(source):
        hint = UNREADABLE_HINT
    else:
        hint = f"may you? ls -l {source}" if isinstance(problem, PermissionError) else "is its disk or network there?"
    return UsageError(f"cannot read {name}: {problem.strerror or problem}", hint=hint)


def _broken(source: str | Path, problem: Exception, where: str = "") -> UsageError:
    kind = {lzma.LZMAError: "xz", OSError: "bzip2"}.get(type(problem))
    if kind is None:
        kind = (compression(source) if str(source) != "-" else None) or "gzip"
    what = "cut short" if isinstance(problem, EOFError) else "damaged"
    hint = f"check it with: {kind} -t {source}" if _is_file(source) else f"check it with: {kind} -t"
    return UsageError(f"{called(source)} is broken{where}: its {kind} data is {what}", hint=hint)


def _not_utf8(source: str | Path, number: int, problem: UnicodeDecodeError) -> UsageError:
    """The error, with a command that would mend the file."""
    decompress = compression(source) if str(source) != "-" else None
    text = problem.object
    if str(source) != "-":
        with open_bytes(source) as stream:  # from its beginning: in UTF-16, a line may begin with half a character
            text = stream.read(LOOKED_AT) if b"\0" in text else text
    convert = f"iconv -f {_likely_encoding(text)} -t utf-8"
    if decompress and _is_file(source):
        convert = f"{decompress} -dc {source} | {convert} > {Path(source).stem}"
    elif _is_file(source):
        convert += f" {source} > {Path(source).stem}.utf8{Path(source).suffix}"
    return UsageError(f"{called(source)}, line {number}: not UTF-8 (byte {problem.start + 1})",
                      hint=f"convert it with: {convert}")


def _is_file(source: str | Path) -> bool:
    """Whether other programs open it by its name."""
    return str(source) != "-" and url_of(source) is None


def _likely_encoding(text: bytes) -> str:
    """What a text that is not UTF-8 may be, by the look of its bytes."""
    if b"\0" in text:
        return "utf-16le" if text[1::2].count(0) >= text[::2].count(0) else "utf-16be"
    runs = re.findall(rb"[\x80-\xff]+", text)
    in_pairs = sum(len(run) % 2 == 0 for run in runs)  # the two bytes of a Chinese character; accents stand alone
    return "gb18030" if in_pairs > len(runs) / 2 else "windows-1252"
