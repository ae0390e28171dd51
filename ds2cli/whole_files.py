"""Files that appear whole or not at all: written beside their place, and renamed when complete."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ds2cli.errors import Ds2Error, UsageError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """`with written_whole(path) as place:` write to place; it becomes path when the block ends well.

    Where the block fails, or is interrupted, the old file stays and nothing is left beside it. A link keeps pointing
    where it points. Devices and named pipes are written as they are: a rename would put a file in /dev/null's place.

    raises  UsageError where path is a folder, or nothing can be written beside it; Ds2Error where the disk fills
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"cannot write `{path}`: it is a folder", hint="name a file in it")
    if path.exists() and not path.is_file():
        yield path
        return
    real = Path(os.path.realpath(path))
    beside = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        beside.touch()
    except OSError as problem:
        raise UsageError(f"cannot write `{path}`: {problem.strerror}", hint=_cure(path.parent, problem)) from None
    try:
        yield beside
        beside.replace(real)
    except BrokenPipeError:
        raise  # somebody else's: the reader of stdout has gone
    except OSError as problem:
        raise Ds2Error(f"cannot write `{path}`: {problem.strerror}", hint=_cure(path.parent, problem)) from None
    finally:
        beside.unlink(missing_ok=True)


def forget_unfinished(folder: Path) -> None:
    """Remove what a killed process left of files that were to appear whole; nobody else may be writing there."""
    for path in folder.glob(".*"):
        if re.fullmatch(r"\..+\.\d+", path.name) and path.is_file():
            path.unlink(missing_ok=True)


def _cure(folder: Path, problem: OSError) -> str:
    if problem.errno == errno.ENOENT:
        return f"make its folder with: mkdir -p {folder}"
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"is there room? df -h {folder}"
    return f"may you write there? ls -ld {folder}"
