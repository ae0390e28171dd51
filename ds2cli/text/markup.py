"""Pages of HTML and XHTML (web pages, chapters of an EPUB) to the text that a reader says aloud."""

import re
from html.parser import HTMLParser

MARKUP_SUFFIXES = (".html", ".xhtml", ".htm")

_PARAGRAPH = frozenset(
    """address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul""".split()
)
_UNSEEN = frozenset("title style script noscript template math svg iframe object audio video select textarea".split())
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
# How a character is pronounced stands beside it, and is not said again; these may end without a tag of their own.
_RUBY_READINGS = frozenset("rt rp rtc".split())
# Page numbers of the printed book, as EPUB 3 and Project Gutenberg mark them; notes and references to them.
_NOT_READ = re.compile(
    r"\b(?:pagebreak|doc-pagebreak|pagenum|page-number|noteref|doc-noteref|footnotes?|doc-footnote|rearnotes?|endnotes?"
    r"|doc-endnotes?|fnanchor|footnote-ref)\b"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_CLASS = re.compile(r"(?:^|,)\s*(\w*)\.([\w-]+)\s*(?=,|$)")
# What refers to a note: a small number or a mark, in brackets or not. In a link a letter too.
_MARK = re.compile(r"[\[(]?\s*(?:\d{1,3}|[*†‡§¶#]{1,4}|note\s+\d{1,3})\s*[\])]?", re.IGNORECASE)
_LETTER_MARK = re.compile(r"[\[(]\s*[a-z]{1,2}\s*[\])]|[a-z]", re.IGNORECASE)
_AFTER_WORD = re.compile(r"(?:\w\w|[^\w\s]\s?|(?:^|\n)\s*)\Z")


def text_of_markup(markup: str) -> str:
    """What is read aloud of a page: paragraphs apart by a blank line. Gone are scripts, styles, what is hidden, page
    numbers, notes and references to them, and how characters are pronounced (ruby).

    Never fails: what is no markup is text.
    """
    reader = _Reader(_hidden_classes(markup))
    reader.feed(markup)
    reader.close()
    reader.end()
    lines = "".join(reader.pieces).split("\n")
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def is_markup(text: str) -> bool:
    """Whether a text is a page of markup, whatever its name."""
    return re.match(r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", text[:4000],
                    re.IGNORECASE | re.DOTALL) is not None


def _hidden_classes(markup: str) -> frozenset[tuple[str, str]]:
    """The classes that the page's own styles hide, with the element that each is meant for, or ""."""
    styles = re.findall(r"<style\b[^>]*>(.*?)</style", markup, re.IGNORECASE | re.DOTALL)
    rules = [rule for style in styles for rule in _RULE.findall(style) if _HIDDEN.search(rule[1])]
    return frozenset(one for selectors, _ in rules for one in _CLASS.findall(selectors.strip()))


class _Reader(HTMLParser):
    """Collects text; a skipped element is skipped with all that is in it.

    What stands high or is a link within the book may refer to a note: its text tells, so it is looked at when it ends.
    """

    def __init__(self, hidden_classes: frozenset[tuple[str, str]]) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden_classes = hidden_classes
        self._skipped: list[str] = []  # the element that is skipped, and those of its name inside it
        self._preformatted = 0
        self._marks: list[tuple[str, int]] = []  # elements that may be a reference, and where their text begins

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if self._skipped and self._ends_by_itself(tag):
            self._skipped = []
        found = dict(attributes)
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.append(tag)
        elif tag in _UNSEEN or tag in _RUBY_READINGS or (tag not in _VOID and self._is_unread(tag, found)):
            self._skipped = [tag]
            self.pieces.append("\n\n" if tag in _PARAGRAPH else "")
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _PARAGRAPH:
            self.pieces.append("\n\n")
            self._preformatted += tag == "pre"
        elif tag == "sup" or (tag == "a" and "#" in (found.get("href") or "")):
            self._marks.append((tag, len(self.pieces)))

    def handle_endtag(self, tag: str) -> None:
        if self._skipped and self._skipped[0] in _RUBY_READINGS and tag == "ruby":
            self._skipped = []
        elif self._skipped:
            if tag == self._skipped[0]:
                self._skipped.pop()
        elif tag in _PARAGRAPH:
            self.pieces.append("\n\n")
            self._preformatted -= tag == "pre"
        elif self._marks and tag == self._marks[-1][0]:
            self._look_at(*self._marks.pop())

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(data if self._preformatted > 0 else re.sub(r"\s+", " ", data))

    def end(self) -> None:
        """A reference whose end is missing at the end of the page."""
        while self._marks:
            self._look_at(*self._marks.pop())

    def _look_at(self, tag: str, begin: int) -> None:
        """Forget what was read since `begin` where it refers to a note: x squared and the 10th do not."""
        text = "".join(self.pieces[begin:]).strip()
        before = "".join(self.pieces[max(0, begin - 4) : begin])
        is_mark = _MARK.fullmatch(text) and (tag == "a" or _AFTER_WORD.search(before))
        if is_mark or (tag == "a" and _LETTER_MARK.fullmatch(text) and before[-1:].strip()):
            del self.pieces[begin:]

    def _ends_by_itself(self, tag: str) -> bool:
        """Whether an element that may lack its end tag ends where this one begins."""
        skipped = self._skipped[0]
        return (skipped in _RUBY_READINGS and tag in (*_RUBY_READINGS, "rb")) or (skipped == "p" and tag in _PARAGRAPH)

    def _is_unread(self, tag: str, attributes: dict[str, str | None]) -> bool:
        kind = " ".join(attributes.get(name) or "" for name in ("epub:type", "role", "class"))
        hidden = "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None
        classes = {(of, name) for name in (attributes.get("class") or "").split() for of in ("", tag)}
        return hidden or _NOT_READ.search(kind) is not None or not self._hidden_classes.isdisjoint(classes)
