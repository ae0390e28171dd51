"""Lines of UTF-8 with their numbers, so that every complaint can name one."""

import sys
from collections.abc import Iterator
from pathlib import Path

from ds2cli.errors import ManifestError

Line = tuple[int, str]


def read_lines(source: str | Path) -> Iterator[Line]:
    """Number and text of each line of a file (`-` is stdin), without its end; a byte-order mark is taken off.

    Only a newline ends a line (a carriage return before it belongs to it): the other separators of Unicode may stand
    inside a transcript.

    raises  ManifestError naming the line and byte that are not UTF-8, or the file that cannot be read
    """
    number = 0
    for number, raw in enumerate(_raw_lines(source), 1):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError as problem:
            message = f"{called(source)}, line {number}: byte {problem.start + 1} is not UTF-8"
            raise ManifestError(message, hint="convert it: iconv -f LATIN1 -t UTF-8") from None
        yield number, (line.removeprefix("\ufeff") if number == 1 else line).rstrip("\n").removesuffix("\r")


def called(source: str | Path) -> str:
    """How messages call a source."""
    return "stdin" if str(source) == "-" else f"`{source}`"


def _raw_lines(source: str | Path) -> Iterator[bytes]:
    if str(source) == "-":
        yield from sys.stdin.buffer
        return
    try:
        with open(source, "rb") as stream:
            yield from stream
    except FileNotFoundError:
        raise ManifestError(f"no such file: `{source}`", hint="`-` reads records from stdin") from None
    except IsADirectoryError:
        raise ManifestError(f"cannot read `{source}`: it is a folder", hint="name a file in it") from None
    except OSError as problem:
        raise ManifestError(f"cannot read `{source}`: {problem.strerror}", hint=f"may you? ls -l {source}") from None
