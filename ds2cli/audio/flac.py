"""FLAC (RFC 9639): how many samples there are, where the header is silent: by the last frame's number."""

import struct

from ds2cli.audio.spliced import Buffer, ByteStream

MAGIC = b"fLaC"
START = b"fLaC\x00\x00\x00\x22"        # followed by STREAMINFO, whose last-block bit may be set
LAST_START = b"fLaC\x80\x00\x00\x22"
INFO_BYTES = 42
TOTAL_BITS = 36
TAIL_BYTES = 1 << 17
MOST_SAMPLES_PER_BYTE = 65535 // 10  # a frame of silence
# Copies of one file joined have the same last frame as one of them: only their number tells.
COPIES = 16


def find_streams(data: Buffer, start: int = 0) -> tuple[list[ByteStream], bool]:
    """The recordings in a FLAC file, one behind another, and whether the last lacks its end.

    A list of one stream without a prefix that spans the file: its header is right.
    """
    total, last = total_samples(data, start), samples_to(data, start, len(data))
    if total and total == last and not _are_copies(data, start):
        return [ByteStream(b"", 0, len(data))], False
    starts = _starts(data, start)
    streams = []
    for begin, end in zip(starts, [*starts[1:], len(data)], strict=True):
        total, last = total_samples(data, begin), samples_to(data, begin, end)
        mended = with_total(data[begin : begin + INFO_BYTES], last) if not total and last else b""
        streams.append(ByteStream(mended, begin + len(mended), end))
    is_cut = bool(total and last and last < total)
    if len(streams) == 1 and not streams[0].prefix:
        return [ByteStream(b"", 0, len(data))], is_cut
    return streams, is_cut


def total_samples(data: Buffer, start: int) -> int:
    """Of one channel, as STREAMINFO has them; 0 is unknown (as is a number that no file of this size could hold)."""
    (packed,) = struct.unpack(">Q", data[start + 18 : start + 26].ljust(8, b"\0"))
    total = packed & ((1 << TOTAL_BITS) - 1)
    return total if total <= MOST_SAMPLES_PER_BYTE * len(data) else 0


def with_total(info: bytes, total: int) -> bytes:
    """The file's first 42 bytes with a number of samples."""
    (packed,) = struct.unpack(">Q", info[18:26])
    return info[:18] + struct.pack(">Q", packed >> TOTAL_BITS << TOTAL_BITS | total) + info[26:]


def samples_to(data: Buffer, start: int, end: int) -> int | None:
    """Samples to the end of the last frame in [start, end); None where no frame is found in the last 128 KiB."""
    low = max(start + INFO_BYTES, end - TAIL_BYTES)
    tail = data[low:end]
    (block_size,) = struct.unpack(">H", data[start + 10 : start + 12].ljust(2, b"\0"))
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        found = _frame(tail[at : at + 16], block_size)
        if found is not None:
            return found
    return None


def _frame(head: bytes, fixed_size: int) -> int | None:
    """Samples to the end of the frame that begins with these bytes; None where none does (sections 9.1.1 to 9.1.8)."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8 or head[3] & 1 or head[2] >> 4 == 0 or head[2] & 15 == 15:
        return None
    length = next((n for n in range(8) if not head[4] << n & 0x80), 8)
    if length in (1, 8) or len(head) < 5 + length:
        return None
    n_bytes = max(length, 1)
    number = head[4] & (0x7F if n_bytes == 1 else 0x7F >> n_bytes)
    for byte in head[5 : 4 + n_bytes]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    at, code = 4 + n_bytes, head[2] >> 4
    if code in (6, 7):
        size = int.from_bytes(head[at : at + code - 5], "big") + 1
        at += code - 5
    else:
        size = 192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8
    at += {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * fixed_size) + size


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x107) if crc & 0x80 else crc << 1
    return crc


def _are_copies(data: Buffer, start: int) -> bool:
    size = len(data) - start
    return any(size % n == 0 and data[start + size // n : start + size // n + 4] == MAGIC for n in range(2, COPIES))


def _starts(data: Buffer, start: int) -> list[int]:
    found = [start]
    for magic in (START, LAST_START):
        at = start
        while (at := data.find(magic, at + 1)) >= 0:
            found.append(at)
    return sorted(found)
