"""Sizes as people write them."""

import re

from ds2cli.errors import UsageError

SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def to_bytes(size: str, flag: str) -> int:
    """`4G` -> 4 * 2^30."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", size.strip().lower())
    if not found:
        raise UsageError(f"`{flag} {size}` is not a size", hint=f"for example: {flag} 4G")
    return int(float(found[1]) * SIZES[found[2]])
