"""Books and pages to sentences: paragraphs apart by blank lines, cut where a sentence ends; offsets kept."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ds2cli.text.english.abbreviations import BEFORE_NAME, BEFORE_NUMBER, DOTTED, WITH_STOP
from ds2cli.text.spans import Span


class Passage(NamedTuple):
    """A stretch of a file: its characters as they stand there, from the character `start` of the file on."""

    start: int
    text: str


# Nobody writes a paragraph of so many lines: such a text has a sentence or a paragraph on each.
_LONGEST_PARAGRAPH = 500


def paragraphs(lines: Iterable[str]) -> Iterator[Passage]:
    """Lines (with their ends) joined until a blank one; line by line where there are no blank ones."""
    held: list[Passage] = []
    joins = True
    for passage in each_line(lines):
        if not passage.text.strip():
            yield from _joined(held)
            held, joins = [], True
        elif not joins:
            yield passage
        else:
            held.append(passage)
            if len(held) == _LONGEST_PARAGRAPH:
                yield from held
                held, joins = [], False
    yield from _joined(held)


def _joined(held: list[Passage]) -> Iterator[Passage]:
    if held:
        yield Passage(held[0].start, "".join(passage.text for passage in held))


def each_line(lines: Iterable[str]) -> Iterator[Passage]:
    """Every line by itself, blank ones too."""
    at = 0
    for line in lines:
        yield Passage(at, line)
        at += len(line)


_MARKER = re.compile(r"\*\*\*\s*(START|END) OF (?:THE|THIS) PROJECT GUTENBERG")
_HEADER_PARAGRAPHS = 100


def without_licence(passages: Iterable[Passage]) -> Iterator[tuple[Passage, bool]]:
    """Each passage, and whether it belongs to the book: Project Gutenberg's header and licence do not.

    A file that names Project Gutenberg at its head is held back until the line `*** START OF`, for at most
    _HEADER_PARAGRAPHS paragraphs: where the line never comes, everything is the book.
    """
    held: list[Passage] | None = []
    in_book = True
    for passage in passages:
        marker = _MARKER.search(passage.text)
        if marker:
            yield from ((header, False) for header in held or [])
            held, in_book = None, marker[1] == "START"
            yield passage, False
        elif held is None:
            yield passage, in_book
        else:
            held.append(passage)
            if len(held) > _HEADER_PARAGRAPHS or "project gutenberg" not in held[0].text.lower():
                yield from ((page, True) for page in held)
                held = None
    yield from ((page, True) for page in held or [])


_ENGLISH_END = re.compile(r"""[.!?…]+["'”’)\]]*(\s+)(?=["'“‘(\[_]*[A-Z0-9À-Þ])""")
_MANDARIN_END = re.compile(r"[。！？!?；;…]+[”’」』）)]*(\s*)|(\n)")
_LAST_WORD = re.compile(r"(?:^|[^A-Za-z.])([A-Za-z]+(?:\.[A-Za-z]+)*)\.\Z")
_NEVER_LAST = frozenset({*BEFORE_NAME, *DOTTED, "mr", "mrs", "dr", "st", "messrs", "vs", "viz", "cf"})


def sentences(text: str, language: str) -> Iterator[Span]:
    """Where each sentence of a paragraph stands, without the white space between."""
    ends = _MANDARIN_END if language == "mandarin" else _ENGLISH_END
    start = len(text) - len(text.lstrip())
    for found in ends.finditer(text):
        cut = found.start(found.lastindex or 1)
        if cut <= start or (language != "mandarin" and _goes_on(text, found)):
            continue
        yield Span(start, cut)
        start = found.end()
    end = len(text.rstrip())
    if start < end:
        yield Span(start, end)


def _goes_on(text: str, found: re.Match[str]) -> bool:
    """Whether the full stop belongs to a short form, or to an initial, with the sentence going on behind it."""
    last = _LAST_WORD.search(text, max(0, found.start() - 20), found.start() + 1)
    if last is None or found[0].lstrip(".")[:1].strip():
        return False
    word = last[1]
    if len(word) == 1:
        return word.isupper() and word != "I"
    if word.lower() in ("a.m", "p.m"):
        return False
    if word.lower() in BEFORE_NUMBER or word.lower() in WITH_STOP:
        return text[found.end()].isdigit()
    return word.lower() in _NEVER_LAST or "." in word
