"""Books as EPUB (https://www.w3.org/TR/epub-33/): their chapters in reading order, as pages of markup."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from ds2cli.errors import UsageError
from ds2cli.io.archives import DAMAGE
from ds2cli.io.remote import local_copy

EPUB_SUFFIX = ".epub"
LARGEST = 64 << 20  # bytes of a chapter once unpacked: a whole book has one or two million
HINT = "try it in a reader of EPUB; or save its text as .txt"
_CONTAINER = "META-INF/container.xml"


def is_epub(path: str | Path) -> bool:
    return Path(path).suffix.lower() == EPUB_SUFFIX


def read_chapters(path: str | Path) -> Iterator[str]:
    """The markup of each document of the book's spine, in order; tables of contents are not read aloud.

    raises  UsageError where the file is no EPUB, or is protected
    """
    try:
        with zipfile.ZipFile(local_copy(path)) as book:
            package = _root(book, _CONTAINER).find(".//{*}rootfile")
            place = package.get("full-path", "") if package is not None else ""
            for name in _spine(_root(book, place), place):
                yield _text(_read(book, name))
    except FileNotFoundError:
        raise UsageError(f"no such file: `{path}`", hint="name a book: talk.epub") from None
    except RuntimeError as problem:
        if "password" not in str(problem):
            raise UsageError(f"`{path}` is not a book that can be read: {problem}", hint=HINT) from None
        raise UsageError(f"`{path}` is protected", hint="ds2 reads only books without DRM") from None
    except (*DAMAGE, ElementTree.ParseError) as problem:
        raise UsageError(f"`{path}` is not a book that can be read: {problem}",
                         hint=HINT) from None


def _root(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(_read(book, name))


def _spine(package: ElementTree.Element, place: str) -> Iterator[str]:
    """The names, within the book, of the documents that are read, in order."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    for step in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(step.get("idref"))
        if item is None or step.get("linear") == "no" or "nav" in (item.get("properties") or "").split():
            continue
        if "html" in (item.get("media-type") or "html"):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(item.get("href", ""))))


def _read(book: zipfile.ZipFile, name: str) -> bytes:
    if book.getinfo(name).file_size > LARGEST:
        raise OSError(f"`{name}` in it is larger than {LARGEST >> 20} MiB")
    return book.read(name)


def _text(page: bytes) -> str:
    """EPUB's pages are UTF-8, or UTF-16 with its mark."""
    return page.decode("utf-16" if page[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
