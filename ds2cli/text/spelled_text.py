"""A whole text (a chapter, an interview) as the words that are heard, their spelling, and the way back to print."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ds2cli.text.lexicon import Lexicon
from ds2cli.text.normalise import normalise
from ds2cli.text.sentences import paragraphs, without_licence
from ds2cli.text.spans import Normalised, Span
from ds2cli.text.units import SPACE, Units

# Why pieces of a text are left out, beside the normaliser's reasons.
LICENCE, NO_UNIT, NOT_IN_LEXICON = "Project Gutenberg's", "no unit", "not in the lexicon"


@dataclass(frozen=True)
class SpelledText:
    """A text as it is written and as the network spells it.

    original  the text
    words     (W) spoken words, spelled in units, in order; characters where the units have no space
    spans     (W) where in `original` each word stands, in order; the words of one number share a span
    labels    (L,) int32, the unit indices of all words, a space unit between words where `is_spaced`
    starts    (W + 1,) int32: word w is labels[starts[w]:starts[w+1]], the space behind it included (none behind the
              last); starts[W] == L
    dropped   what was left out: (reason, the characters) -> how often
    is_spaced  whether a space unit stands between words
    separator  what is written between words: nothing, where the language has no spaces
    """

    original: str
    words: list[str]
    spans: list[Span]
    labels: np.ndarray
    starts: np.ndarray
    dropped: Counter[tuple[str, str]]
    is_spaced: bool = True
    separator: str = SPACE

    @cached_property
    def ends(self) -> np.ndarray:
        """(W,) int32: where in `labels` each word's letters end, the space behind them left out."""
        ends = self.starts[1:].copy()
        ends[:-1] -= self.is_spaced
        return ends

    @cached_property
    def joins(self) -> np.ndarray:
        """(W + 1,) bool: whether the words on both sides of a boundary share print, as those of a number do."""
        inner = [after.start < before.end for before, after in zip(self.spans, self.spans[1:], strict=False)]
        return np.array([False, *inner, False])

    def spelled(self, first_word: int, after_word: int) -> tuple[int, int]:
        """Where in `labels` the words from first_word up to after_word stand, without a space at their ends."""
        return int(self.starts[first_word]), int(self.ends[after_word - 1])

    def text(self, first_word: int, after_word: int) -> str:
        """The same words as the network spells them."""
        return self.separator.join(self.words[first_word:after_word])

    def original_of(self, first_word: int, after_word: int) -> str:
        """The same words as they are written: case, figures, punctuation; white space folded to single spaces.

        Marks go with the word before them, opening quotes and brackets with the word that they open.
        """
        return "".join(self.pieces(first_word, after_word)).strip()

    def pieces(self, first_word: int, after_word: int) -> list[str]:
        """What is written of each of the words, with the space behind it: joined, it is `original_of`.

        A number stands at the first of its words; "" at the others.
        """
        heads = [word for word in range(first_word, after_word) if word == first_word or not self.joins[word]]
        edges = [*map(self._opens, heads), self._closes(after_word)]
        pieces = [""] * (after_word - first_word)
        for word, start, end in zip(heads, edges, edges[1:], strict=False):
            pieces[word - first_word] = _SPACES.sub(SPACE, self.original[start:end])
        return pieces

    def _opens(self, word: int) -> int:
        """The offset at which a word begins, its opening quotes included."""
        start = self.spans[word].start
        before = self.spans[word - 1].end if word else 0
        return start if self.joins[word] else before + _opening(self.original[before:start], is_first=word == 0)

    def _closes(self, after_word: int) -> int:
        """The offset at which the marks behind the word before after_word end."""
        end = self.spans[after_word - 1].end
        if self.joins[after_word]:
            return end
        limit = self._opens(after_word) if after_word < len(self.words) else len(self.original)
        marks = _CLOSING.match(self.original, end, limit)
        return end + len(marks[0].rstrip(_OPENERS)) if marks else end


_SPACES = re.compile(r"\s+")
_OPENERS = "“‘„«‹([{¿¡「『（《〈【〔"
# Marks behind a word, and those that stand alone behind a space (a dash), not beyond the paragraph.
_MARK = r"(?:[^\s\w]|_)"
_CLOSING = re.compile(rf"{_MARK}*(?:(?!\s*?\n\s*?\n)\s+{_MARK}+(?!\S))*")


def _opening(gap: str, is_first: bool) -> int:
    """Where in the characters between two words those of the second begin: behind white space, or an opening mark."""
    behind_space = max((found.end() for found in _SPACES.finditer(gap)), default=0)
    return behind_space if behind_space or is_first else len(gap.rstrip(_OPENERS))


def spell_text(text: str, units: Units, language: str, lexicon: Lexicon | None = None) -> SpelledText:
    """The words of a text as the units spell them, or as a lexicon says them (the likeliest way, then the first).

    text      paragraphs apart by blank lines, as books are written; Project Gutenberg's header and licence are left out
    language  the normaliser: english, mandarin, none
    raises    UsageError where there is no such normaliser
    """
    speller = _Speller(units, lexicon)
    words: list[str] = []
    spans: list[Span] = []
    spelled: list[list[int]] = []
    dropped: Counter[tuple[str, str]] = Counter()
    for passage, in_book in without_licence(paragraphs(text.splitlines(keepends=True))):
        if not in_book:
            dropped[LICENCE, "header and licence"] += 1
            continue
        spoken = normalise(passage.text, language)
        dropped.update(spoken.dropped)
        for word, span in _words(passage.text, spoken, language, units, lexicon):
            spelling = speller.spell(word)
            dropped.update((NOT_IN_LEXICON if lexicon else NO_UNIT, lost) for lost in spelling.lost)
            if spelling.labels:
                words.append(spelling.text)
                spans.append(Span(passage.start + span.start, passage.start + span.end))
                spelled.append(spelling.labels)
    # Pieces carry the mark themselves, and a lexicon's words need none beside units that have none.
    is_spaced = units.mark in units.names and not units.marks_words and language != "mandarin"
    space = [units.names.index(units.mark)] if is_spaced else []
    labels, starts = _laid_end_to_end(spelled, space)
    separator = SPACE if is_spaced or lexicon or units.marks_words else units.separator
    return SpelledText(text, words, spans, labels, starts, dropped, is_spaced, separator)


def _words(text: str, spoken: Normalised, language: str, units: Units,
           lexicon: Lexicon | None) -> Iterator[tuple[str, Span]]:
    """Word by word; where units have no space character by character, each with its own span if print has it too."""
    tokens = list(spoken.text) if language == "mandarin" else spoken.text.split()
    for token, span in zip(tokens, spoken.spans, strict=True):
        if token == SPACE:  # between Latin words of Mandarin: with the letters beside it, so that no cut begins with it
            yield token, Span(max(span.start - 1, 0), min(span.end + 1, len(text)))
        elif units.has_spaces or units.separator or lexicon:
            yield token, span
        elif text[span.start : span.end].lower() == token.lower():
            yield from ((character, Span(at, at + 1)) for at, character in enumerate(token, span.start))
        else:
            yield from ((character, span) for character in token)


class _Spelling(NamedTuple):
    """A word in units: what is left of it, their indices, and the characters that no unit spells."""

    text: str
    labels: list[int]
    lost: list[str]


class _Speller:
    """Spells each word once: a book has ten times more words than different words."""

    def __init__(self, units: Units, lexicon: Lexicon | None) -> None:
        self._units, self._lexicon = units, lexicon
        self._known: dict[str, _Spelling] = {}

    def spell(self, word: str) -> _Spelling:
        if self._lexicon:
            spellings = self._lexicon.spellings(word)
            return _Spelling(word, spellings[0], []) if spellings else _Spelling("", [], [word])
        if word not in self._known:
            lost = self._units.unknown(word)
            text = word
            for character in lost:
                text = text.replace(character, "")
            every = [character for character in lost for _ in range(word.count(character))]
            self._known[word] = _Spelling(text, self._units.encode(text), every)
        return self._known[word]


def _laid_end_to_end(spelled: list[list[int]], space: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """(L,) the labels of all words with a space between them, (W + 1,) where each begins."""
    behind = [space] * (len(spelled) - 1) + [[]]
    lengths = [len(labels) + len(gap) for labels, gap in zip(spelled, behind, strict=False)]
    labels = [label for word, gap in zip(spelled, behind, strict=False) for label in (*word, *gap)]
    return np.array(labels, dtype=np.int32), np.cumsum([0, *lengths], dtype=np.int32)
