"""Pages of HTML and XHTML (web pages, chapters of an EPUB) to the text that a reader sees."""

import re
from html.parser import HTMLParser

MARKUP_SUFFIXES = (".html", ".xhtml", ".htm")

_PARAGRAPH = frozenset(
    """address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul""".split()
)
_UNSEEN = frozenset("title style script noscript template math svg iframe object audio video select textarea".split())
# Page numbers of the printed book, as EPUB 3 and Project Gutenberg mark them.
_PAGE_NUMBER = re.compile(r"\b(?:pagebreak|doc-pagebreak|pagenum|page-number)\b")
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


def text_of_markup(markup: str) -> str:
    """What a reader sees of a page: paragraphs apart by a blank line; scripts, styles and page numbers gone.

    Never fails: what is no markup is text.
    """
    reader = _Reader(convert_charrefs=True)
    reader.feed(markup)
    reader.close()
    lines = "".join(reader.pieces).split("\n")
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


class _Reader(HTMLParser):
    """Collects text; a skipped element is skipped with all that is in it."""

    def __init__(self, **settings: bool) -> None:
        super().__init__(**settings)
        self.pieces: list[str] = []
        self._skipped: list[str] = []  # the element that is skipped, and those of its name inside it
        self._preformatted = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.append(tag)
        elif tag in _UNSEEN or (tag not in _VOID and _is_unseen(dict(attributes))):
            self._skipped = [tag]
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _PARAGRAPH:
            self.pieces.append("\n\n")
            self._preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.pop()
        elif tag in _PARAGRAPH:
            self.pieces.append("\n\n")
            self._preformatted -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(data if self._preformatted > 0 else re.sub(r"\s+", " ", data))


def _is_unseen(attributes: dict[str, str | None]) -> bool:
    kind = " ".join(attributes.get(name) or "" for name in ("epub:type", "role", "class"))
    return "hidden" in attributes or _PAGE_NUMBER.search(kind) is not None
