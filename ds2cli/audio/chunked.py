"""WAV, AIFF, AU and CAF: samples in one chunk, whose header says how long it is, if whoever wrote it could know.

A program that writes to a pipe cannot go back to its header. It leaves a wish there: 0, -1, 2 GiB or nearly so (sox,
arecord and ffmpeg each have their own). A recorder that lost its power leaves what it last knew.
"""

import re
import struct
from dataclasses import dataclass

from ds2cli.audio.spliced import Buffer, ByteStream

MAGICS = (b"RIFF", b"RF64", b"BW64", b"FORM", b".snd", b"caff")
GIB2, GIB4 = 2**31, 2**32
WISH_MARGIN = 2**24
ID = re.compile(rb"[A-Za-z0-9 _\-]{4}")


@dataclass(frozen=True)
class Chunk:
    """Where the samples lie, and what the header says of it.

    said       bytes of samples, by the chunk's own header
    size_at    where that number stands, and how it is written
    spare      bytes that the number counts beyond the samples (AIFF: 8, CAF: 4)
    block      bytes of one sample of all channels
    file_said  the file's end by its outermost header, where there is one
    has_others  whether further chunks may follow (AU has none)
    """

    start: int
    said: int
    size_at: int
    size_format: str
    spare: int = 0
    block: int = 1
    file_said: int | None = None
    has_others: bool = True


def is_wish(size: int) -> bool:
    """Whether a size is what a program writes that does not know it."""
    return size <= 0 or GIB2 - WISH_MARGIN <= size <= GIB2 + WISH_MARGIN or size >= GIB4 - WISH_MARGIN


def find_streams(data: Buffer) -> tuple[list[ByteStream], bool]:
    """The recordings in a file of chunks, one behind another, and whether the last lacks its end.

    A list of one stream without a prefix that spans the file: its header is right.
    """
    streams: list[ByteStream] = []
    at, is_cut = 0, False
    while at < len(data):
        chunk = find_samples(data, at)
        if chunk is None:
            break
        end, is_cut = samples_end(data, chunk)
        is_right = end == chunk.start + chunk.said or (is_cut and chunk.said > 0)
        joined = next((place for place in (end, end + (end - chunk.start) % 2) if is_start(data, place)), None)
        if is_right and not streams and joined is None:
            return [ByteStream(b"", 0, len(data))], is_cut
        if end > chunk.start:
            streams.append(ByteStream(mended_header(data, at, chunk, end), chunk.start, end))
        if joined is None:
            break
        at = joined
    return streams, is_cut


def is_start(data: Buffer, at: int) -> bool:
    head = data[at : at + 12]
    return len(head) == 12 and head[:4] in MAGICS and (head[:4] in (b".snd", b"caff") or head[8:].isalnum())


def find_samples(data: Buffer, at: int) -> Chunk | None:
    """The chunk of samples of the recording that begins at a byte; None where there is none."""
    kind = data[at : at + 4]
    try:
        if kind == b".snd":
            offset, said, coding, _, channels = struct.unpack(">5I", data[at + 4 : at + 24])
            width = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}.get(coding, 1)
            return Chunk(at + offset, said, at + 8, ">I", block=max(width * channels, 1), has_others=False)
        if kind == b"caff":
            return _find_in_caf(data, at)
        if kind in (b"RIFF", b"RF64", b"BW64", b"FORM"):
            return _find_in_iff(data, at, ">" if kind == b"FORM" else "<")
    except struct.error:
        pass
    return None


def _find_in_iff(data: Buffer, start: int, order: str) -> Chunk | None:
    """RIFF's and IFF's chunks: four letters and four bytes of size, padded to even."""
    at, block, long_said = start + 12, 1, None
    (file_said,) = struct.unpack(f"{order}I", data[start + 4 : start + 8])
    while at + 8 <= len(data):
        name, size = struct.unpack(f"{order}4sI", data[at : at + 8])
        if name == b"ds64":
            long_said = struct.unpack("<QQ", data[at + 8 : at + 24])
        elif name == b"fmt ":
            (block,) = struct.unpack("<H", data[at + 20 : at + 22])
        elif name == b"COMM":
            channels, _, bits = struct.unpack(">hIh", data[at + 8 : at + 16])
            block = channels * ((bits + 7) // 8)
        elif name == b"data":
            said, size_at, form = size, at + 4, "<I"
            if long_said and size == GIB4 - 1:
                file_said, said = long_said
                size_at, form = data.find(b"ds64", start) + 16, "<Q"
            return Chunk(at + 8, said, size_at, form, block=max(block, 1), file_said=start + file_said + 8)
        elif name == b"SSND":
            return Chunk(at + 16, size - 8, at + 4, ">I", 8, max(block, 1), start + file_said + 8)
        at += 8 + size + size % 2
    return None


def _find_in_caf(data: Buffer, start: int) -> Chunk | None:
    at, block = start + 8, 1
    while at + 12 <= len(data):
        name, size = struct.unpack(">4sq", data[at : at + 12])
        if name == b"desc":
            (block,) = struct.unpack(">I", data[at + 28 : at + 32])
        elif name == b"data":
            return Chunk(at + 16, size - 4, at + 4, ">q", 4, max(block, 1))
        if size < 0:
            break
        at += 12 + size
    return None


def samples_end(data: Buffer, chunk: Chunk) -> tuple[int, bool]:
    """Where the samples end, and whether some that the header promises are missing."""
    rest = len(data) - chunk.start
    if 0 <= chunk.said < rest and is_start(data, chunk.start + chunk.said):
        return chunk.start + chunk.said, False
    if chunk.said > rest:
        if not is_wish(chunk.said):
            return len(data), chunk.said - rest >= chunk.block
    elif chunk.said == rest or (chunk.said > 0 and not _goes_on(data, chunk)):
        return chunk.start + chunk.said, False
    return _next_wav(data, chunk.start) if is_wish(chunk.said) else len(data), False


def _next_wav(data: Buffer, at: int) -> int:
    """Where another WAV begins among what look like samples; else the end."""
    while (at := data.find(b"WAVE", at + 1)) >= 0:
        if is_start(data, at - 8) and data[at + 4 : at + 8] in (b"fmt ", b"ds64", b"JUNK", b"bext", b"LIST"):
            return at - 8
    return len(data)


def _goes_on(data: Buffer, chunk: Chunk) -> bool:
    """Whether what follows the samples that a header counts are more samples, and no further chunk or rubbish."""
    end = chunk.start + chunk.said
    extra, padded = len(data) - end, end + chunk.said % 2
    if extra <= 8 or is_start(data, padded):
        return False
    if chunk.has_others and (_is_chunk(data, end, chunk) or _is_chunk(data, padded, chunk)):
        return False
    counted_by_file = chunk.file_said is not None and len(data) - 8 <= chunk.file_said < GIB4 - WISH_MARGIN
    return counted_by_file or extra > chunk.said


def _is_chunk(data: Buffer, at: int, chunk: Chunk) -> bool:
    """Whether a chunk with a name and a size that fits begins here."""
    form = ">q" if chunk.size_format == ">q" else chunk.size_format[0] + "I"
    head = data[at : at + 4 + struct.calcsize(form)]
    if len(head) < 4 + struct.calcsize(form) or not ID.fullmatch(head[:4]):
        return False
    (size,) = struct.unpack(form, head[4:])
    return 0 <= size <= len(data) - at


def mended_header(data: Buffer, start: int, chunk: Chunk, end: int) -> bytes:
    """The bytes before the samples, with the sizes that they should have had."""
    size, header = end - chunk.start + chunk.spare, bytearray(data[start : chunk.start])
    if chunk.size_format == "<I" and size > GIB4 - WISH_MARGIN:
        return _as_rf64(header, size)
    place = chunk.size_at - start
    header[place : place + struct.calcsize(chunk.size_format)] = struct.pack(chunk.size_format, size)
    if header[:4] in (b"RIFF", b"FORM"):
        header[4:8] = struct.pack(chunk.size_format[0] + "I", len(header) - 8 + end - chunk.start)
    return bytes(header)


def _as_rf64(header: bytearray, size: int) -> bytes:
    """A WAV header for more than 4 GiB (EBU Tech 3306): what came before the samples, behind a chunk of long sizes."""
    fmt = header.find(b"fmt ")
    (length,) = struct.unpack("<I", header[fmt + 4 : fmt + 8])
    (block,) = struct.unpack("<H", header[fmt + 20 : fmt + 22])
    body = bytes(header[fmt : fmt + 8 + length]) + b"data" + struct.pack("<I", GIB4 - 1)
    long_sizes = struct.pack("<QQQI", 40 + len(body) + size, size, size // max(block, 1), 0)
    return b"RF64" + struct.pack("<I", GIB4 - 1) + b"WAVEds64" + struct.pack("<I", len(long_sizes)) + long_sizes + body
