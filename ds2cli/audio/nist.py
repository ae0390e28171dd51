"""SPHERE (NIST): a header of lines, then samples; libsndfile counts them itself, so only a missing end is told."""

import re

from ds2cli.audio.spliced import Buffer, ByteStream

MAGIC = b"NIST"
FIELDS = ("sample_count", "channel_count", "sample_n_bytes")


def find_streams(data: Buffer) -> tuple[list[ByteStream], bool]:
    """The file as it is, and whether it lacks header bytes + samples x channels x width (uncompressed SPHERE)."""
    whole = [ByteStream(b"", 0, len(data))]
    text = data[:1024].decode("ascii", errors="replace")
    fields = {name: int(number) for name, number in re.findall(r"^(\w+) -i (-?\d+)", text, re.MULTILINE)}
    size = text[8:16].strip()
    if is_compressed(text) or not size.isdigit() or not all(fields.get(name, 0) > 0 for name in FIELDS):
        return whole, False
    samples, channels, width = (fields[name] for name in FIELDS)
    return whole, len(data) < int(size) + samples * channels * width


def is_compressed(header: str) -> bool:
    """Whether the samples are packed by shorten or another program of its time."""
    return "embedded-" in header
