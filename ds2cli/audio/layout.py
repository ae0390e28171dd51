"""What a header is worth: the one place that knows, for every container, which of its words to believe.

libsndfile believes them all. So it reads half of a chained Ogg file, nothing of a WAV that was written to a pipe, as
much of an MP3 as it guesses, and gives a FLAC of unknown length 576,460,752,303,423 seconds. What it is given instead
are streams: stretches of the file with headers that hold.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path

from ds2cli.audio import chunked, flac, mpeg, nist, ogg
from ds2cli.audio.spliced import Buffer, ByteStream
from ds2cli.audio.tar_members import file_of, member_of, read_held
from ds2cli.errors import AudioError
from ds2cli.io import remote
from ds2cli.io.urls import url_of
from ds2cli.media import HEAD_BYTES, Kind, kind_of

REMEMBERED_FILES = 4096
Finder = Callable[[Buffer], tuple[list[ByteStream], bool]]


@dataclass(frozen=True)
class Layout:
    """A file as it should be read.

    streams  one behind another they are the recording; none where the file is read as it is
    is_cut   whether its end is missing: a download or a copy that stopped halfway
    kind     what it is by its first bytes; None where it is no sound that is known here
    """

    streams: tuple[ByteStream, ...] = ()
    is_cut: bool = False
    kind: Kind | None = None


def layout_of(path: str | Path) -> Layout:
    """How a file, a member of a tar file or what a URL leads to is to be read; remembered, as utterances share it.

    raises  OSError where there is no such file; AudioError where a tar file does not hold the member
    """
    member = member_of(path)
    if member is None and (url := url_of(path)):
        return _layout_of(url, len(remote.read_whole(url)), 0)
    try:
        status = os.stat(path if member is None else file_of(member.tar))
    except OSError:
        if member is not None:
            member.read()  # says so
        raise
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise AudioError(f"`{path}` is a pipe, which cannot be read twice", hint="write it to a file first")
    return _layout_of(str(path), status.st_size, status.st_mtime_ns)


def is_cut_short(path: str | Path) -> bool:
    """Whether bytes are missing at the end; False for containers that do not say how long they are."""
    return layout_of(path).is_cut


@lru_cache(maxsize=REMEMBERED_FILES)
def _layout_of(path: str, _size: int, _changed: int) -> Layout:
    with content_of(path) as data:
        kind = kind_of(data[:HEAD_BYTES])
        finder = _finder(data) if kind is None or kind.is_native else None
        if finder is None:
            return Layout(kind=kind)
        streams, is_cut = finder(data)
        is_plain = not streams or streams == [ByteStream(b"", 0, len(data))]
        return Layout(() if is_plain else tuple(streams), is_cut, kind)


@contextmanager
def content_of(path: str | Path) -> Iterator[Buffer]:
    """All bytes of a recording, to look at: mapped, not read, where it is a file."""
    held = read_held(path)
    if held is not None:
        yield held
        return
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            yield data


def _finder(data: Buffer) -> Finder | None:
    """Who knows this container, by its first bytes."""
    start = mpeg.skip_tags(data, 0)
    head = data[start : start + 4]
    if head in chunked.MAGICS:
        return chunked.find_streams
    if head == flac.MAGIC:
        return lambda data: flac.find_streams(data, start)
    if head == ogg.MAGIC:
        return ogg.find_streams
    if head == nist.MAGIC:
        return nist.find_streams
    return mpeg.find_streams if start or mpeg.frame_size(data, 0) else None
