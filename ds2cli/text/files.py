"""Text on disk: plain, gzip or xz, or standard input; UTF-8, line by line."""

import gzip
import lzma
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ds2cli.errors import UsageError

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}


def read_lines(path: str | Path) -> Iterator[str]:
    """The lines of a text with their line ends as they are; `-` is standard input.

    raises  UsageError where the file cannot be read, or a line is not UTF-8 (it is named)
    """
    name = "stdin" if str(path) == "-" else f"`{path}`"
    number = 0
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, 1):  # noqa: B007 (the number is for the error below)
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as problem:
        hint = f"convert it with: iconv -f latin1 -t utf-8 {path}"
        raise UsageError(f"{name}, line {number}: not UTF-8 (byte {problem.start + 1})", hint=hint) from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        what = "no such file" if isinstance(problem, FileNotFoundError) else "cannot read"
        raise UsageError(f"{what}: {name}", hint="give plain, .gz or .xz text, or - for standard input") from None
    except (gzip.BadGzipFile, lzma.LZMAError, EOFError):
        hint = f"check it with: {'xz' if str(path).endswith('.xz') else 'gzip'} -t {path}"
        raise UsageError(f"{name} is broken after line {number}", hint=hint) from None


def _open(path: str | Path) -> AbstractContextManager[Iterable[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    return _OPENERS.get(Path(path).suffix, open)(path, "rb")
