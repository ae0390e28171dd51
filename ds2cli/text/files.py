"""Text on disk: plain, gzip or xz, or standard input; UTF-8, line by line."""

import gzip
import lzma
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ds2cli.errors import UsageError

_OPENERS = {".gz": gzip.open, ".xz": lzma.open}


def read_lines(path: str | Path, missing_hint: str = "give plain, .gz or .xz text, or - for stdin") -> Iterator[str]:
    """The lines of a text with their line ends as they are, without a byte-order mark; `-` is stdin.

    missing_hint  what to do where there is no such file
    raises        UsageError where the file cannot be read, or a line is not UTF-8 (it is named)
    """
    name = "stdin" if str(path) == "-" else f"`{path}`"
    number = 0
    try:
        with _open(path) as stream:
            for number, line in enumerate(stream, 1):  # noqa: B007 (the number is for the error below)
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as problem:
        hint = f"convert it with: iconv -f latin1 -t utf-8{'' if str(path) == '-' else f' {path}'}"
        raise UsageError(f"{name}, line {number}: not UTF-8 (byte {problem.start + 1})", hint=hint) from None
    except FileNotFoundError:
        raise UsageError(f"no such file: {name}", hint=missing_hint) from None
    except IsADirectoryError:
        raise UsageError(f"cannot read {name}: it is a folder", hint="name a file in it, or - for stdin") from None
    except PermissionError:
        raise UsageError(f"cannot read {name}", hint=f"may you? ls -l {path}") from None
    except (gzip.BadGzipFile, lzma.LZMAError, EOFError):
        hint = f"check it with: {'xz' if str(path).endswith('.xz') else 'gzip'} -t {path}"
        raise UsageError(f"{name} is broken after line {number}", hint=hint) from None


def read_text(path: str | Path) -> str:
    """All of a text; raises as read_lines does."""
    return "".join(read_lines(path))


def _open(path: str | Path) -> AbstractContextManager[Iterable[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    return _OPENERS.get(Path(path).suffix, open)(path, "rb")
