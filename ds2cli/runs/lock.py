"""One process at a time trains in a run's folder: a lock that dies with its holder, and says who that is."""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.io.atomic import cannot_write

POLL_SECONDS = 0.2
# File systems that know no locks: the run goes on without.
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}


@contextmanager
def held(lock: Path, patience_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of a run while the block lasts.

    The lock is a record lock: the kernel lets go of it when its process ends, however it ends, and it is not inherited
    by the processes that read audio. The file names the holder, and is removed at the end.

    patience_seconds  to wait for another holder's end
    raises  UsageError naming the holder where there is another, or where nothing can be written in the folder
    """
    until = time.monotonic() + patience_seconds
    while (descriptor := _try_to_take(lock)) is None:
        if time.monotonic() > until:
            raise UsageError(f"`{lock.parent}`: another process trains there{_holder(lock)}",
                             hint="one at a time: wait for its end, or stop it with Ctrl-C or kill PID")
        time.sleep(POLL_SECONDS)
    try:
        with contextlib.suppress(OSError):  # on a full disk the lock holds without its holder's name
            os.ftruncate(descriptor, 0)
            os.write(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            lock.unlink()
        os.close(descriptor)


def _try_to_take(lock: Path) -> int | None:
    """The open lock file, locked; None where somebody else holds it."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as problem:
        raise cannot_write(lock, problem) from None
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in NO_LOCKS:
            return descriptor
        os.close(descriptor)
        return None
    # Its holder may have ended, and removed it, between the two lines above.
    if not lock.exists() or os.stat(lock).st_ino != os.fstat(descriptor).st_ino:
        os.close(descriptor)
        return _try_to_take(lock)
    return descriptor


def _holder(lock: Path) -> str:
    try:
        found = json.loads(lock.read_text())
        return f" (process {found['pid']} on {found['host']})"
    except (OSError, ValueError, LookupError, TypeError):  # just now being written, or gone
        return ""
