"""Files that appear whole or not at all: written beside their place, flushed to the disk, and renamed when complete."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from ds2cli.errors import Ds2Error, UsageError
from ds2cli.io.urls import must_be_here

# What UTF-8 cannot hold (half of a surrogate pair, a byte of a file's name) goes out as JSON writes it, \udce9, and so
# comes back as it was.
UNSPELLABLE = "backslashreplace"
LONGEST_NAME = 200  # bytes of a name that the name beside it repeats: file systems take 255


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """`with atomic_write(path) as place:` write to place; it becomes path when the block ends well.

    Where the block fails, or is interrupted, the old file stays and nothing is left beside it. The file keeps its
    permissions; a new one has those that new files have, whoever wrote it. A link keeps pointing where it points.
    Devices and named pipes are written as they are: a rename would put a file in /dev/null's place.

    raises  UsageError where nothing can be written there: a folder, a missing one, one that is read-only, a URL;
            Ds2Error where the disk fills
    """
    must_be_here(path)
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"cannot write `{path}`: it is a folder", hint="name a file in it")
    if path.exists() and not path.is_file():
        yield path
        return
    real = Path(os.path.realpath(path))
    beside = _beside(real)
    try:
        if real.exists() and not os.access(real, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        beside.touch()
        mode = (real if real.exists() else beside).stat().st_mode & 0o7777
    except OSError as problem:
        raise UsageError(str(cannot_write(path, problem)), hint=cannot_write(path, problem).hint) from None
    try:
        yield beside
        _to_disk(beside, mode)
        _rename(beside, real)
    except BrokenPipeError:
        raise  # somebody else's: the reader of stdout has gone
    except OSError as problem:
        raise cannot_write(path, problem) from None
    finally:
        with suppress(OSError):  # what has just failed must not hide behind this
            beside.unlink(missing_ok=True)


@contextmanager
def atomic_text(path: str | Path) -> Iterator[TextIO]:
    """`with atomic_text(path) as stream:` the same for text: UTF-8, newlines as they are."""
    with atomic_write(path) as place, open(place, "w", encoding="utf-8", errors=UNSPELLABLE, newline="") as stream:
        yield stream


def must_be_writable(path: str | Path) -> None:
    """Find out before the work of hours, not after it.

    raises  UsageError as atomic_write does
    """
    must_be_here(path)
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"cannot write `{path}`: it is a folder", hint="name a file in it")
    folder = Path(os.path.realpath(path)).parent
    wrong = errno.ENOENT if not folder.exists() else errno.ENOTDIR if not folder.is_dir() else None
    wrong = wrong or (None if os.access(folder, os.W_OK | os.X_OK) or path.exists() and not path.is_file()
                      else errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES)
    if wrong is not None:
        problem = cannot_write(path, OSError(wrong, os.strerror(wrong)))
        raise UsageError(str(problem), hint=problem.hint)


def make_folder(path: str | Path) -> Path:
    """A folder, with those above it; one that is there already stays as it is.

    raises  UsageError where it cannot be made, or is a file
    """
    must_be_here(path)
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"cannot make the folder `{path}`: it is a file", hint="name another folder") from None
    except OSError as problem:
        hint = _cure(path.parent, problem)
        raise UsageError(f"cannot make the folder `{path}`: {problem.strerror}", hint=hint) from None
    return path


def cannot_write(path: str | Path, problem: OSError) -> Ds2Error:
    """The error for a file that could not be written, with what to do about it."""
    hint = _cure(Path(path).parent, problem)
    return Ds2Error(f"cannot write `{path}`: {problem.strerror or problem}", hint=hint)


def forget_unfinished(folder: Path) -> None:
    """Remove what a killed process left of files that were to appear whole; nobody else may be writing there."""
    for path in folder.glob(".*"):
        if re.fullmatch(r"\..+\.\d+", path.name) and path.is_file():
            path.unlink(missing_ok=True)


def _beside(real: Path) -> Path:
    name = real.name.encode()[:LONGEST_NAME].decode(errors="ignore")
    return real.with_name(f".{name}.{os.getpid()}")


def _to_disk(place: Path, mode: int) -> None:
    """Permissions, and every byte where a power cut leaves it: a rename may reach the disk before the contents."""
    os.chmod(place, mode)
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename(beside: Path, real: Path) -> None:
    try:
        os.replace(beside, real)
    except OSError as problem:
        if problem.errno != errno.EBUSY:
            raise
        shutil.copyfile(beside, real)  # a file that is a mount point (containers have them) cannot be renamed over


def _cure(folder: Path, problem: OSError) -> str:
    if problem.errno == errno.ENOENT:
        return f"make its folder with: mkdir -p {folder}"
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return f"is there room? df -h {folder}"
    if problem.errno == errno.EROFS:
        return f"`{folder}` is mounted read-only: name another place"
    if problem.errno in (errno.ENOTDIR, errno.ENAMETOOLONG):
        return "name another file"
    return f"may you write there? ls -ld {folder}"
