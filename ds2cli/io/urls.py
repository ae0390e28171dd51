"""URLs where paths may stand: told apart, joined, and refused where something is to be written. Nothing is opened here.

A `Path` of a URL has lost a slash (`s3:/bucket/a.wav`). It is found again here, so a URL may come by way of a `Path`.
"""

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from ds2cli.errors import UsageError

# fsspec's too: a file in an archive that lies elsewhere is `zip://dev.jsonl::https://host/dev.zip`.
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]+::)*[a-z][a-z0-9+.-]+:/")
_SLASHES = re.compile(r"(^|::)([a-z][a-z0-9+.-]+):/+")
_ROOT = re.compile(r"(?:[^:/]+::)*[^:/]+://[^/]*/?")
MISSING_HINT = "check the name: is it in this bucket or folder?"
UNREADABLE_HINT = "check the network and your access; keys come from the environment"
COPIES = {"s3": "aws s3 cp", "gs": "gcloud storage cp", "gcs": "gcloud storage cp"}


def url_of(place: str | Path) -> str | None:
    """The URL that a place is, with both its slashes; None for a path."""
    text = str(place)
    if not _URL.match(text) or "://" not in text and os.path.exists(text):  # a folder may be called `s3:`
        return None
    return _SLASHES.sub(lambda found: f"{found[1]}{found[2]}://{'/' if found[2] == 'file' else ''}", text)


def without_query(url: str) -> str:
    """`https://host/a.wav?key=x` -> `https://host/a.wav`, whose ending says what it is."""
    return url.partition("?")[0]


def absolute(place: str | Path) -> str:
    """A path from the root on; a URL as it is."""
    return url_of(place) or os.path.abspath(place)


@dataclass(frozen=True)
class UrlFolder:
    """What a URL lies in, joined to names as the `Path` of a folder is: `folder / "a.wav"`.

    head, tail  what stands before a name, and behind it
    """

    head: str
    tail: str = ""

    def __truediv__(self, name: str) -> str:
        if name.startswith("/") or url_of(name):
            return name
        if "./" in name:
            root = _ROOT.match(self.head)
            start = root.end() if root else 0
            return self.head[:start] + posixpath.normpath(f"/{self.head[start:]}{name}")[1:] + self.tail
        return self.head + name + self.tail


def folder_of(source: str | Path) -> Path | UrlFolder:
    """Where the relative paths in a file lead from; those in stdin, from the working directory."""
    if str(source) == "-":
        return Path.cwd()
    url = url_of(source)
    if url is None:
        return Path(source).resolve().parent
    where = url.rfind("::", 0, url.index("://")) + 2 if "::" in url[: url.index("://")] else 0
    first, chain, rest = url[where:].partition("::")
    return UrlFolder(url[:where] + without_query(first).rpartition("/")[0] + "/", chain + rest)


def must_be_here(path: str | Path) -> None:
    """raises  UsageError for a URL, where something is to be written: files there do not appear whole or not at all"""
    if url := url_of(path):
        name = posixpath.basename(url.rstrip("/")) or "FILE"
        copy = COPIES.get(url.partition(":")[0])
        raise UsageError(f"cannot write `{url}`: ds2 reads URLs, and writes to disks alone",
                         hint=f"write it here, then: {copy or 'copy'} {name} {url}")
