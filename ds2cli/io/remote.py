"""What lies elsewhere, read: `s3://`, `gs://`, `https://`, whatever fsspec knows. The one module that knows fsspec.

Text is streamed; a recording is read whole and held while its utterances are read; what must be mapped or sought in
is copied into the cache folder once. fsspec keeps a connection for each process and thread: it is asked for one each
time, so that threads share none, and a worker process uses none that was opened before it was forked.
"""

import contextlib
import errno
import fcntl
import io
import os
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ds2cli.errors import Ds2Error, UsageError
from ds2cli.io.atomic import atomic_write, make_folder
from ds2cli.io.cache import cache_folder, short_hash
from ds2cli.io.urls import MISSING_HINT, UNREADABLE_HINT, url_of, without_query

BLOCK_BYTES = 1 << 20
HELD_BYTES = 1 << 28  # of recordings in memory; the last one stays however long it is
VERSION = ("size", "etag", "contentmd5", "md5hash", "lastmodified", "mtime", "updated", "created", "generation")
REFUSED, MISSING = (401, 403), (404, 410)
FULL = (errno.ENOSPC, errno.EDQUOT)  # of this machine's disk


def open_stream(url: str) -> IO[bytes]:
    """A file's bytes, from beginning to end.

    raises  OSError where it cannot be opened; with errno EIO where reading goes wrong later, as on a broken disk;
            UsageError where a package is missing
    """
    with _as_of_a_disk(url):
        filesystem, path = _filesystem(url)
        return io.BufferedReader(_Stream(filesystem.open(path, "rb"), url), BLOCK_BYTES)


def local_copy(place: str | Path, missing_hint: str = MISSING_HINT) -> Path:
    """The path of a file on this machine's disk: the place itself, or, of a URL, its copy in the cache folder.

    missing_hint  what to do where there is no such file
    raises        UsageError where a URL leads to no file, or there is no way to it
    """
    url = url_of(place)
    if url is None:
        return Path(place)
    try:
        return fetched(url)
    except FileNotFoundError:
        raise UsageError(f"no such file: `{url}`", hint=missing_hint) from None
    except OSError as problem:
        raise UsageError(f"cannot read `{url}`: {problem.strerror}", hint=UNREADABLE_HINT) from None


def fetched(url: str) -> Path:
    """A copy in the cache folder, fetched where there is none yet of the same size and time (or tag).

    Looked at once in a process.

    raises  OSError where there is no such file, or no way to it; UsageError where a package is missing
    """
    with _lock_of(url):
        return _copy(url)


def read_whole(url: str) -> bytes:
    """All bytes of a recording; those read last are held, as many utterances share one.

    raises  as fetched
    """
    with _lock_of(url):
        with _guard:
            if url in _held:
                _held.move_to_end(url)
                return _held[url]
        with _as_of_a_disk(url):
            filesystem, path = _filesystem(url)
            content = filesystem.cat_file(path)
        with _guard:
            _held[url] = content
            while len(_held) > 1 and sum(map(len, _held.values())) > HELD_BYTES:
                _held.popitem(last=False)
        return content


def url_exists(url: str) -> bool:
    """Whether a URL leads to something that may be read; where nobody answers, whoever reads it will say so."""
    try:
        with _as_of_a_disk(url):
            filesystem, path = _filesystem(url)
            filesystem.info(path)
    except (FileNotFoundError, PermissionError):  # stores refuse what is not there, to who may not list it
        return False
    except OSError:
        return True
    return True


def files_in(url: str) -> list[str]:
    """The URLs of the files in a folder, at any depth, in order.

    raises  UsageError where there is no such folder, or no way to it
    """
    try:
        with _as_of_a_disk(url):
            filesystem, path = _filesystem(url)
            return [filesystem.unstrip_protocol(one) for one in sorted(filesystem.find(path))]
    except OSError as problem:
        raise UsageError(f"cannot list `{url}`: {problem.strerror}", hint="list its files in a manifest") from None


class _Stream(io.RawIOBase):
    """A stream of fsspec's whose trouble looks like a disk's."""

    def __init__(self, file: Any, url: str) -> None:
        self._file, self._url = file, url

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            with _as_of_a_disk(self._url):
                content = self._file.read(len(buffer))
        except OSError as problem:
            raise OSError(errno.EIO, problem.strerror) from None
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@cache
def _copy(url: str) -> Path:
    with _as_of_a_disk(url):
        filesystem, path = _filesystem(url)
        info = filesystem.info(path)
        if info.get("type") == "directory":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    known = {name.lower().replace("-", ""): value for name, value in info.items()}
    version = short_hash(repr([str(known.get(name)) for name in VERSION]))
    folder = make_folder(cache_folder() / "remote" / short_hash(url))
    copy = folder / version / (PurePosixPath(without_query(url)).name or "file")
    if copy.exists():
        return copy
    with _alone(folder):
        if not copy.exists():  # another process may just have fetched it
            make_folder(copy.parent)
            try:
                with atomic_write(copy) as place:
                    _fetch(filesystem, path, place, url)
            except _NotFetched as failed:
                raise failed.problem from None
    for other in folder.iterdir():
        if other.is_dir() and other.name != version:
            shutil.rmtree(other, ignore_errors=True)
    return copy


class _NotFetched(Exception):
    """What went wrong elsewhere, on its way past whoever writes here."""

    def __init__(self, problem: OSError) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _fetch(filesystem: Any, path: str, place: Path, url: str) -> None:
    try:
        with _as_of_a_disk(url):
            filesystem.get_file(path, str(place))
    except OSError as problem:
        if problem.errno in FULL:
            raise
        raise _NotFetched(problem) from None


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time: the workers of a training ask for the same tar file at the same moment."""
    with open(folder / "lock", "wb") as lock:
        with contextlib.suppress(OSError):  # a disk without locks fetches it twice
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _filesystem(url: str) -> tuple[Any, str]:
    """Who reads it, and its name there.

    raises  UsageError where a package is missing, or nobody knows such URLs
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError(f"`{url}` needs fsspec", hint="pip install 'ds2cli[cloud]'") from None
    try:
        return url_to_fs(url)
    except ImportError as problem:
        raise UsageError(f"cannot read `{url}`: {problem}", hint=_installing(url)) from None
    except ValueError as problem:
        raise UsageError(f"cannot read `{url}`: {problem}", hint="s3://, gs:// and https:// are supported") from None


def _installing(url: str) -> str:
    """What brings the package that reads such URLs."""
    from fsspec.registry import known_implementations

    first = url.rpartition("::")[2].partition(":")[0]
    package = known_implementations.get(first, {}).get("class", "").partition(".")[0]
    return f"pip install {package}" if package not in ("", "fsspec") else "pip install 'ds2cli[cloud]'"


@contextlib.contextmanager
def _as_of_a_disk(url: str) -> Iterator[None]:
    """What fsspec and its many backends raise, as the OSError of a file that is missing, refused or cannot be read."""
    try:
        yield
    except (Ds2Error, IsADirectoryError):
        raise
    except Exception as problem:  # each backend has exceptions of its own, with no common base
        raise _like_a_disks(problem, url) from None


def _like_a_disks(problem: BaseException, url: str) -> OSError:
    if isinstance(problem, FileNotFoundError) and problem.__cause__ is not None:
        return _like_a_disks(problem.__cause__, url)  # over HTTP, a server that does not answer is "not found" too
    status = getattr(problem, "status", None) or getattr(problem, "code", None)
    if isinstance(problem, FileNotFoundError) or status in MISSING:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), url)
    if isinstance(problem, PermissionError) or status in REFUSED:
        return PermissionError(errno.EACCES, f"access is refused ({_words(problem)})", url)
    if isinstance(problem, OSError) and problem.errno in FULL:
        return problem
    return OSError(errno.EIO, _words(problem), url)


def _words(problem: BaseException) -> str:
    """What a backend says, on one line; where it says nothing, what it calls it."""
    said = " ".join((getattr(problem, "message", "") or str(problem)).split())[:200]
    return f"{type(problem).__name__}: {said}" if said else type(problem).__name__


_held: OrderedDict[str, bytes] = OrderedDict()
_guard = threading.Lock()
_locks = [threading.Lock() for _ in range(64)]


def _lock_of(url: str) -> threading.Lock:
    """Threads that want the same wait for the one that fetches it."""
    return _locks[hash(url) % len(_locks)]


def _fresh_locks() -> None:
    """In a forked process nobody holds the locks that other threads held where it came from."""
    global _guard
    _guard, _locks[:] = threading.Lock(), [threading.Lock() for _ in _locks]


os.register_at_fork(after_in_child=_fresh_locks)


def forget() -> None:
    """What was fetched and looked at counts no longer: URLs are looked at again, as in a new process."""
    _copy.cache_clear()
    _held.clear()
