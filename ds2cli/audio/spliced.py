"""Files as they should have been written: a mended header before bytes that lie on disk."""

import io
import os
from dataclasses import dataclass
from mmap import mmap
from typing import BinaryIO

Buffer = bytes | mmap


@dataclass(frozen=True)
class ByteStream:
    """One recording from its header to its end: `prefix`, then the bytes [start, end) of the file that holds it."""

    prefix: bytes
    start: int
    end: int


class SplicedFile(io.RawIOBase):
    """A stream as a file that can be read and sought in."""

    def __init__(self, file: BinaryIO, stream: ByteStream) -> None:
        self._file, self._stream, self._at = file, stream, 0
        self._size = len(stream.prefix) + stream.end - stream.start

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer) -> int:
        wanted = min(len(buffer), max(self._size - self._at, 0))
        prefix = self._stream.prefix[self._at : self._at + wanted]
        rest = b""
        if len(prefix) < wanted:
            self._file.seek(self._stream.start + self._at + len(prefix) - len(self._stream.prefix))
            rest = self._file.read(wanted - len(prefix))
        found = prefix + rest
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
