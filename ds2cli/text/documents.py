"""What people hand over as a text: plain, a page of HTML, subtitles, a book as EPUB; and of it what is said aloud."""

from pathlib import Path

from ds2cli.io.text import read_text
from ds2cli.records.cues import CAPTION_SUFFIXES, is_captions, text_of_captions
from ds2cli.text.epub import EPUB_SUFFIX, is_epub, read_chapters
from ds2cli.text.line_ends import Knows
from ds2cli.text.markup import MARKUP_SUFFIXES, is_markup, text_of_markup
from ds2cli.text.unspoken import Spoken, spoken_part

DOCUMENT_SUFFIXES = (".txt", *MARKUP_SUFFIXES, *CAPTION_SUFFIXES, EPUB_SUFFIX, ".txt.gz", ".txt.xz")


def read_document(path: str | Path, knows: Knows | None = None) -> Spoken:
    """What is said of a document, and how much was left out of it because nobody says it.

    knows   asks a lexicon about words that a line's end divides
    raises  UsageError where the file cannot be read
    """
    if is_epub(path):
        return spoken_part("\n\n".join(text_of_markup(page) for page in read_chapters(path)), knows)
    return spoken_text(read_text(path), Path(path).suffix.lower(), knows)


def spoken_text(text: str, suffix: str = "", knows: Knows | None = None) -> Spoken:
    """The same of a text that is in memory; its kind is told by the suffix of its file, or by what it looks like."""
    if suffix in CAPTION_SUFFIXES or is_captions(text):
        text = text_of_captions(text)
    elif suffix in MARKUP_SUFFIXES or is_markup(text):
        text = text_of_markup(text)
    return spoken_part(text, knows)
