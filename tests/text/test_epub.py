"""A book is its chapters in reading order, and nothing else of the archive."""

import zipfile

import pytest

from ds2cli.errors import UsageError
from ds2cli.text.documents import read_document

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/package.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="b/two%20.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="notes" href="notes.xhtml" media-type="application/xhtml+xml"/>
<item id="picture" href="a.png" media-type="image/png"/></manifest><spine>
<itemref idref="nav"/><itemref idref="one"/><itemref idref="picture"/><itemref idref="two"/>
<itemref idref="notes" linear="no"/><itemref idref="gone"/></spine></package>"""


def page(text: str) -> str:
    return f"<html><head><title>no</title></head><body><p>{text}</p></body></html>"


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "talk.epub"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OPS/package.opf", PACKAGE)
        for name, text in (("nav", "no"), ("one", "Call me<sup>1</sup> Ishmael."), ("b/two ", "Some years"),
                           ("notes", "no")):
            archive.writestr(f"OPS/{name}.xhtml", page(text).encode("utf-16" if name == "one" else "utf-8"))
    return path


def test_chapters_come_in_reading_order(book):
    assert read_document(book).text == "Call me Ishmael.\n\n\nSome years\n"


def test_what_is_no_book_is_named(book, tmp_path):
    whole = book.read_bytes()
    for name, content in (("cut", whole[:300]), ("empty", b""), ("text", b"Call me Ishmael.")):
        (tmp_path / f"{name}.epub").write_bytes(content)
        with pytest.raises(UsageError, match=f"{name}.epub"):
            read_document(tmp_path / f"{name}.epub")
    with zipfile.ZipFile(tmp_path / "bare.epub", "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
    with pytest.raises(UsageError, match="not a book"):
        read_document(tmp_path / "bare.epub")
    with pytest.raises(UsageError, match="no such file"):
        read_document(tmp_path / "gone.epub")
