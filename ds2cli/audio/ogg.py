"""Ogg (RFC 3533): recordings chained one behind another, and FLAC inside Ogg, which libsndfile cannot read."""

import re
import zlib

from ds2cli.audio import flac
from ds2cli.audio.spliced import Buffer, ByteStream

MAGIC = b"OggS"
BEGINS = re.compile(rb"OggS\x00[\x02\x03\x06\x07]")   # a page with the flag of a beginning
# The last page of a stream is at most 255 segments of 255 bytes and a header.
PAGE_BYTES = 27 + 255 + 255 * 255
END_OF_STREAM = 4
FLAC_HEADER = b"\x7fFLAC"
FLAC_HEADER_BYTES = 9
BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def find_streams(data: Buffer) -> tuple[list[ByteStream], bool]:
    """The recordings in an Ogg file, one behind another, and whether the last lacks its end."""
    starts = link_starts(data)
    streams: list[ByteStream] = []
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        if codec(data, start) == FLAC_HEADER:
            native = b"".join(bodies(data, start, end))[FLAC_HEADER_BYTES:]
            inside = flac.find_streams(native)[0]
            streams += [ByteStream(one.prefix + native[one.start : one.end], 0, 0) for one in inside]
        else:
            streams.append(ByteStream(b"", start, end))
    return streams, is_cut(data[max(0, len(data) - PAGE_BYTES) :])


def link_starts(data: Buffer) -> list[int]:
    """Where recordings begin: pages that begin a stream and do not follow another such page (sounds beside a film)."""
    found, after = [], -1
    for match in BEGINS.finditer(data):
        if match.start() != after:
            found.append(match.start())
        after = match.start() + page_size(data, match.start())
    return found or [0]


def page_size(data: Buffer, at: int) -> int:
    segments = data[at + 26 : at + 27]
    return 27 + segments[0] + sum(data[at + 27 : at + 27 + segments[0]]) if segments else 27


def codec(data: Buffer, at: int) -> bytes:
    """The first bytes of what a stream's first page holds."""
    head = data[at + 26 : at + 27]
    body = at + 27 + (head[0] if head else 0)
    return data[body : body + 5]


def bodies(data: Buffer, start: int, end: int) -> list[bytes]:
    """What the pages of a stream hold, page by page."""
    found, at = [], start
    while at + 27 <= end and data[at : at + 4] == MAGIC:
        size = page_size(data, at)
        found.append(data[at + 27 + data[at + 26] : min(at + size, end)])
        at += size
    return found


def is_cut(tail: bytes) -> bool:
    """The last page must carry the end-of-stream flag and all the bytes that its segment table promises."""
    at = tail.rfind(MAGIC)
    page = tail[at:]
    if at < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return not page[5] & END_OF_STREAM or len(page) < page_size(page, 0)


def with_own_serial(data: bytes) -> bytes:
    """A file of one stream, whose serial number is drawn from what it holds in place of by chance: the same sound gives
    the same bytes."""
    pages, serial = bytearray(data), zlib.crc32(b"".join(bodies(data, 0, len(data)))).to_bytes(4, "little")
    at = 0
    while at < len(pages):
        end = at + page_size(data, at)
        pages[at + 14 : at + 18] = serial
        pages[at + 22 : at + 26] = bytes(4)
        pages[at + 22 : at + 26] = page_checksum(bytes(pages[at:end])).to_bytes(4, "little")
        at = end
    return bytes(pages)


def page_checksum(page: bytes) -> int:
    """Of a page whose own field for it is zero (RFC 3533, section 6): zlib's, with the bits of each byte the other way
    round, and without zlib's inversions."""
    reflected = zlib.crc32(page.translate(BITS_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
