"""MP3: frames one behind another, with a count of them at the beginning, or with none, or with a wrong one.

Without a count (Xing, Info, VBRI), libsndfile guesses from the file's size and stops there; what was joined to a file
with a count it does not read at all. So frames are walked, and each run of them gets the count that it should have had.
"""

import struct
from dataclasses import dataclass

from ds2cli.audio.spliced import Buffer, ByteStream

RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
LAYER_3, LAYER_2, LAYER_1 = 1, 2, 3
KBITS = {
    (True, LAYER_1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, LAYER_2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, LAYER_3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, LAYER_1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, LAYER_2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, LAYER_3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
VBRI_AT = 36
COUNT_BYTES = 64
SMALLEST_FRAME = 24


@dataclass(frozen=True)
class Count:
    """What a file's first frame says of those behind it; None where it does not say."""

    frames: int | None
    size: int | None

    @property
    def is_possible(self) -> bool:
        """Whether so many frames fit into so many bytes."""
        return bool(self.frames and self.size and self.frames * SMALLEST_FRAME <= self.size)


@dataclass
class Run:
    """Frames without a gap; `count` is what the first of them says of the others, `n` how many others there are."""

    start: int
    end: int
    n: int = 0
    count: Count | None = None
    first: int = 0  # where the first frame of sound begins


def find_streams(data: Buffer) -> tuple[list[ByteStream], bool]:
    """The recordings in an MP3 file, one behind another, and whether the last lacks its end.

    A list of one stream without a prefix that spans the file: its header is right.
    """
    whole = [ByteStream(b"", 0, len(data))]
    start = next_frame(data, skip_tags(data, 0))
    if start is None:
        return whole, False
    count = read_count(data, start)
    end = len(data) - _tags_at_end(data)
    if count and count.is_possible and count.size is not None and abs(end - start - count.size) <= 1:
        return whole, False
    runs = walk(data, start)
    promised = runs[0].count if len(runs) == 1 else None
    is_cut = bool(promised and promised.is_possible and (promised.frames or 0) > runs[0].n)
    if is_cut or not runs or data[runs[0].first + 1] >> 1 & 3 != LAYER_3:
        return whole, is_cut
    return [_counted(data, run) for run in runs if run.n], False


def _counted(data: Buffer, run: Run) -> ByteStream:
    """A run behind a frame that counts it, its own where that is right."""
    if run.count and run.count.frames == run.n:
        return ByteStream(b"", run.start, run.end)
    return ByteStream(counting_frame(data[run.first : run.first + 4], run.n, run.end - run.first), run.first, run.end)


def walk(data: Buffer, start: int) -> list[Run]:
    """The runs of frames from a byte on; a frame that counts others begins a run, as do frames behind a gap."""
    runs: list[Run] = []
    at: int | None = start
    while at is not None:
        size = frame_size(data, at)
        if size == 0 or at + size > len(data):
            behind = skip_tags(data, at)
            at = next_frame(data, behind if behind > at else at + 1, runs[-1].start if runs else None)
            continue
        run = runs[-1] if runs else None
        count = read_count(data, at)
        is_full = run is not None and run.count is not None and run.count.frames == run.n
        if run is None or count or is_full or run.end != at:
            run = Run(at, at, first=at + size if count else at, count=count)
            runs.append(run)
        run.n += not count
        at = run.end = at + size
    return runs


def frame_size(data: Buffer, at: int) -> int:
    """Bytes of the frame that begins here; 0 where none does (or one of "free format", which does not say)."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer, bits, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or bits in (0, 15) or rate == 3:
        return 0
    kbits, hertz, padding = KBITS[version == 3, layer][bits], RATES[version][rate], head[2] >> 1 & 1
    if layer == LAYER_1:
        return (12000 * kbits // hertz + padding) * 4
    return (72000 if layer == LAYER_3 and version != 3 else 144000) * kbits // hertz + padding


def next_frame(data: Buffer, at: int, like: int | None = None) -> int | None:
    """The next place where two frames alike follow each other, or the file ends behind one that is as `like`."""
    while (at := data.find(b"\xff", at)) >= 0:
        size = frame_size(data, at)
        behind = at + size
        if size and behind == len(data) and (like is None or _alike(data, at, like)):
            return at
        if size and frame_size(data, behind) and _alike(data, at, behind):
            return at
        at += 1
    return None


def _alike(data: Buffer, one: int, other: int) -> bool:
    """The same version, layer and rate."""
    return data[one + 1] & 0xFE == data[other + 1] & 0xFE and data[one + 2] & 0x0C == data[other + 2] & 0x0C


def skip_tags(data: Buffer, at: int) -> int:
    """Behind the ID3 and APE tags that begin here."""
    while True:
        head = data[at : at + 32]
        if head[:3] == b"ID3" and len(head) >= 10:
            size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
            at += 10 + size + (10 if head[5] & 0x10 else 0)
        elif head[:3] == b"TAG":
            at += 128
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            at += 32 + struct.unpack("<I", head[12:16])[0]
        else:
            return at


def _tags_at_end(data: Buffer) -> int:
    """Bytes of ID3v1 and APE tags at the file's end."""
    size = 128 if data[len(data) - 128 : len(data) - 125] == b"TAG" else 0
    footer = data[max(len(data) - size - 32, 0) : len(data) - size]
    if footer[:8] == b"APETAGEX":
        size += struct.unpack("<I", footer[12:16])[0] + (32 if footer[23] & 0x80 else 0)
    return size


def _tag_at(head: bytes) -> int:
    """Where LAME's and Xing's count stands in a frame: behind its side information."""
    is_mono, is_first_version = head[3] >> 6 == 3, head[1] >> 3 & 3 == 3
    return 4 + {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}[is_first_version, is_mono]


def read_count(data: Buffer, at: int) -> Count | None:
    """What a frame says of those behind it; None where it is sound."""
    head = data[at : at + 4]
    if len(head) < 4 or head[1] >> 1 & 3 != LAYER_3:
        return None
    tag = data[at + _tag_at(head) : at + _tag_at(head) + 16]
    if tag[:4] in (b"Xing", b"Info") and len(tag) == 16:
        flags, first, second = struct.unpack(">III", tag[4:])
        size = second if flags & 1 else first
        return Count(first if flags & 1 else None, size if flags & 2 else None)
    tag = data[at + VBRI_AT : at + VBRI_AT + 18]
    if tag[:4] == b"VBRI" and len(tag) == 18:
        size, frames = struct.unpack(">II", tag[10:])
        return Count(frames, size)
    return None


def counting_frame(head: bytes, n: int, size: int) -> bytes:
    """A silent frame that says how many follow, and of how many bytes: Xing's."""
    for bits in range(1, 15):
        first = bytes([0xFF, head[1] | 1, bits << 4 | head[2] & 0x0C, head[3]])
        length = frame_size(first, 0)
        if length >= COUNT_BYTES:
            break
    tag = b"Xing" + struct.pack(">III", 3, n, size + length)
    return (first + bytes(_tag_at(head) - 4) + tag).ljust(length, b"\0")
