"""Where what can be made or fetched again is kept."""

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ds2cli.errors import Ds2Error
from ds2cli.io.atomic import atomic_write

SHOWN_NAME = 100  # characters of a file's name that what is made of it is named after


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/ds2`, else `~/.cache/ds2`: models as they load at once, copies of what lies elsewhere."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ds2"


def short_hash(text: str) -> str:
    """Of any text, for a file's name."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]


def made_from(path: Path, form: str, suffix: str) -> Path:
    """The place of something made of this very file, by its path, size and time of change: `name.path-version.suffix`.

    form  what is made, in which version, with what else
    """
    status = path.stat()
    version = short_hash(f"{form}:{status.st_size}:{status.st_mtime_ns}")
    return cache_folder() / f"{path.name[:SHOWN_NAME]}.{short_hash(str(path.resolve()))}-{version}{suffix}"


def keep(place: Path, write: Callable[[Path], object]) -> None:
    """Write what `made_from` names, and drop what was made in its place of the file as it was before.

    A full or read-only disk costs the cache, not the answer.
    """
    with suppress(OSError, Ds2Error):
        place.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(place) as beside:
            write(beside)
        begin, _, end = place.name.rpartition("-")
        earlier = re.compile(rf"{re.escape(begin)}-[0-9a-f]{{12}}{re.escape(end[12:])}")
        for other in place.parent.iterdir():
            if earlier.fullmatch(other.name) and other != place:
                other.unlink(missing_ok=True)
