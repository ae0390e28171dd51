"""What people choose between by name; light, because help pages and completion list it."""

from enum import StrEnum


class Encoding(StrEnum):
    """How recordings lie in a shard; what is encoded anew becomes mono."""

    keep = "keep"
    flac = "flac"
    opus = "opus"
