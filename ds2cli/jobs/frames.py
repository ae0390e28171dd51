"""A log of answers on disk, one frame behind another: what a killed process leaves is good up to its last whole frame.

A frame is one line, `CRC32 JSON`, the bytes that the JSON counts in `blobs`, one behind another, and a newline.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ds2cli.records.jsonl import to_line

Packed = tuple[Any, list[bytes]]  # what JSON holds of an answer, and what it does not


@dataclass(frozen=True)
class Frame:
    """What was written at once; the next frame begins at byte `end`."""

    content: dict[str, Any]
    start: int = 0
    end: int = 0
    blobs: list[bytes] = field(default_factory=list)


def write_frame(file: BinaryIO, content: dict[str, Any], blobs: list[bytes] | None = None) -> None:
    """Append a frame, and hand it to the system, so that the process may die."""
    blobs = blobs or []
    line = to_line({**content, "blobs": [len(blob) for blob in blobs]} if blobs else content).encode()
    body = b"".join([line, b"\n", *blobs])
    file.write(b"%08x %s\n" % (zlib.crc32(body), body))
    file.flush()


def read_frames(path: Path) -> Iterator[Frame]:
    """The frames of a file up to the first that is cut short or damaged."""
    with open(path, "rb") as file:
        while (frame := _next(file)) is not None:
            yield frame


def read_frame(path: Path, start: int) -> Frame:
    """The frame that begins at a byte.

    raises  ValueError where it is damaged
    """
    with open(path, "rb") as file:
        file.seek(start)
        frame = _next(file)
    if frame is None:
        raise ValueError(f"no frame at byte {start}")
    return frame


def _next(file: BinaryIO) -> Frame | None:
    start, line = file.tell(), file.readline()
    try:
        content = json.loads(line[9:])
        blobs = [file.read(size) for size in content.pop("blobs", [])]
        expected = int(line[:8], 16)
    except (ValueError, AttributeError, TypeError):
        return None
    if file.read(1) != b"\n" or zlib.crc32(b"".join([line[9:], *blobs])) != expected:
        return None
    return Frame(content, start, file.tell(), blobs)
