"""Recordings that are no files here: members of tar files, and what URLs lead to; an address stands where a path may.

`shards/000000.tar#1536+20480/an251-fash-b.opus` is 20,480 bytes of a tar file, from byte 1,536. A tar file keeps its
members whole, one behind another, so the address alone suffices to read one with one seek; the 512 bytes before a
member say whether it still is the one that was meant.
"""

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ds2cli.errors import AudioError
from ds2cli.io import remote
from ds2cli.io.text import called
from ds2cli.io.urls import url_of

ADDRESS = re.compile(r"(?P<tar>.*\.tar)#(?P<start>\d+)\+(?P<size>\d+)/(?P<name>[^/]+)", re.DOTALL)
HEADER_BYTES = tarfile.BLOCKSIZE
# A longer name, or one that is not ASCII, stands in a header of its own further up.
LONGEST_NAME = 100


@dataclass(frozen=True)
class Member:
    """Where a file lies in a tar file.

    start, size  bytes
    name   as the tar file has it, with folders
    """

    tar: Path
    start: int
    size: int
    name: str

    @property
    def address(self) -> Path:
        """What `open_recording` opens; the last part is the member's own name, so stem and suffix are those."""
        return self.tar.with_name(f"{self.tar.name}#{self.start}+{self.size}") / self.name.rpartition("/")[2]

    def read(self) -> bytes:
        """All its bytes.

        raises  AudioError where there is no such tar file, or it holds something else at this place
        """
        try:
            with open(file_of(self.tar), "rb") as file:
                file.seek(self.start - HEADER_BYTES)
                header, content = file.read(HEADER_BYTES), file.read(self.size)
        except OSError as problem:
            hint = "relative paths are relative to the manifest's folder"
            raise AudioError(f"cannot read {called(self.tar)}: {problem.strerror}", hint=hint) from None
        if len(content) < self.size or not self._is_headed_by(header):
            hint = f"was it written again? list what it holds: ds2 prepare corpus shards {self.tar.parent}"
            raise AudioError(f"{called(self.tar)} holds no `{self.name}` at byte {self.start:,}", hint=hint)
        return content

    def _is_headed_by(self, header: bytes) -> bool:
        try:
            found = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return False
        has_plain_name = self.name.isascii() and len(found.name) < LONGEST_NAME
        return found.size == self.size and (not has_plain_name or found.name.endswith(self.name))


def member_of(path: str | Path) -> Member | None:
    """What an address means; None for the path of a file."""
    found = ADDRESS.fullmatch(str(path))
    if found is None or int(found["start"]) < HEADER_BYTES:
        return None
    return Member(Path(found["tar"]), int(found["start"]), int(found["size"]), found["name"])


def members(tar: Path) -> Iterator[Member]:
    """The files in a tar file, in its order; their content is passed over.

    raises  tarfile.TarError where it is no plain tar file, OSError where it cannot be read
    """
    with tarfile.open(tar, "r:") as archive:
        for info in archive:
            if info.isreg():
                yield Member(tar, info.offset_data, info.size, info.name)


def file_of(tar: Path) -> Path:
    """The tar file on this disk: itself, or, of a URL, its copy.

    raises  OSError where a URL leads to none
    """
    url = url_of(tar)
    return tar if url is None else remote.fetched(url)


def read_held(path: str | Path) -> bytes | None:
    """The bytes of a recording that a tar file holds, or a URL leads to; None of a file.

    raises  OSError where a URL leads nowhere; AudioError where a tar file does not hold it
    """
    member = member_of(path)
    if member is not None:
        return member.read()
    url = url_of(path)
    return None if url is None else remote.read_whole(url)


def open_recording(path: str | Path) -> BinaryIO:
    """A recording's bytes, wherever it lies.

    raises  OSError where there is no such file; AudioError where a tar file does not hold it
    """
    content = read_held(path)
    return open(path, "rb") if content is None else io.BytesIO(content)


def recording_exists(path: str | Path) -> bool:
    """Whether there is such a file, or such a tar file with room for the member."""
    member = member_of(path)
    if member is None:
        url = url_of(path)
        return Path(path).exists() if url is None else remote.url_exists(url)
    try:
        return file_of(member.tar).stat().st_size >= member.start + member.size
    except OSError:
        return False
