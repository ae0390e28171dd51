"""Where what can be made or fetched again is kept."""

import hashlib
import os
from pathlib import Path


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/ds2`, else `~/.cache/ds2`: models as they load at once, copies of what lies elsewhere."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ds2"


def short_hash(text: str) -> str:
    """Of any text, for a file's name."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:12]
