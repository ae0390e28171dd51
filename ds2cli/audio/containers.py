"""Whether a file ends where its container says: a download or a copy that stopped halfway.

libsndfile says nothing of it: the header of a cut WAV, AIFF, SPHERE or Ogg file simply gives the shorter length. (A cut
FLAC fails to decode, a cut MP3 decodes to less than its header says.)
"""

import os
import re
import struct
from pathlib import Path

from ds2cli.audio.members import open_recording

# The last page of an Ogg stream is at most 255 segments of 255 bytes and a header.
OGG_PAGE_BYTES = 27 + 255 + 255 * 255
END_OF_STREAM = 4
NIST_FIELDS = ("sample_count", "channel_count", "sample_n_bytes")


def is_cut_short(path: str | Path) -> bool:
    """Whether bytes are missing at the end; False for containers that do not say how long they are."""
    with open_recording(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(1024)
        file.seek(max(0, size - OGG_PAGE_BYTES))
        tail = file.read()
    kind = head[:4]
    if kind == b"OggS":
        return _ogg_is_cut(tail)
    if kind in (b"RIFF", b"FORM"):
        (promised,) = struct.unpack("<I" if kind == b"RIFF" else ">I", head[4:8])
        # A program that wrote to a pipe could not know the size and wrote a wish.
        return promised not in (0, 0xFFFFFFFF, 0x7FFFFFFF) and size < promised + 8
    if kind == b"NIST":
        return _nist_is_cut(head, size)
    return False


def _ogg_is_cut(tail: bytes) -> bool:
    """The last page must carry the end-of-stream flag and all the bytes that its segment table promises (RFC 3533)."""
    at = tail.rfind(b"OggS")
    page = tail[at:]
    if at < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return True
    return not page[5] & END_OF_STREAM or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def _nist_is_cut(head: bytes, size: int) -> bool:
    """Uncompressed SPHERE: header bytes and samples x channels x width."""
    text = head.decode("ascii", errors="replace")
    fields = dict(re.findall(r"^(\w+) -i (\d+)", text, re.MULTILINE))
    if "sample_coding" in text and "shorten" in text or not all(name in fields for name in NIST_FIELDS):
        return False
    samples, channels, width = (int(fields[name]) for name in NIST_FIELDS)
    return size < int(head[8:16]) + samples * channels * width
