"""What a normaliser hands back: the spoken text, and where in the original each piece of it came from."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

# Markup and transcribers' tags, which nobody reads aloud, in any language: <b>, <SPOKEN_NOISE>, [12], [n], [laughter].
# An address in such brackets is read.
MARKUP = r"""</?[A-Za-z](?![\w.+-]*@|[a-z]*://)[^<>]{0,80}>|\[(?:[0-9]{1,3}|[A-Za-z]|(?:Illustration|Footnote|Sidenote|Transcriber)[^\]]*
        |noise|laughter|music|applause|silence|inaudible|unintelligible|crosstalk|cough|breath)\]"""


class Span(NamedTuple):
    """text[start:end] of the original."""

    start: int
    end: int


@dataclass
class Normalised:
    """A text as the acoustic model spells it.

    text     words with one space between (English), or characters with none (Mandarin)
    spans    one per word (English) or per character (Mandarin): where in the original it came from, in order.
             The words of one number share the number's span.
    dropped  what has no spoken form: (reason, the characters) -> how often
    """

    text: str
    spans: list[Span] = field(default_factory=list)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)


class Speech:
    """What a reader has said so far of one text, and what it left out."""

    def __init__(self, source: "Folded") -> None:
        self.words: list[str] = []
        self.spans: list[Span] = []
        self.dropped: Counter[tuple[str, str]] = Counter()
        self._source = source

    def say(self, words: Iterable[str], start: int, end: int) -> None:
        """Spoken words, and the folded characters that they read."""
        span = self._source.span(start, end)
        for word in words:
            self.words.append(word)
            self.spans.append(span)

    def drop(self, reason: str, piece: str) -> None:
        """Something without a spoken form."""
        self.dropped[reason, piece] += 1

    def result(self, separator: str) -> Normalised:
        return Normalised(separator.join(self.words), self.spans, self.dropped)


class Folded:
    """A text with each character replaced by the characters it stands for, and the way back.

    text     the folded text
    starts, ends  for each folded character the source characters it came from; None where the two texts run in step
    """

    def __init__(self, source: str, fold: Callable[[str], str]) -> None:
        self.starts: list[int] | None = None
        self.ends: list[int] | None = None
        if source.isascii():
            self.text = source
            return
        folds = {character: fold(character) for character in set(source) if not character.isascii()}
        self.text = source.translate({ord(character): to for character, to in folds.items()})
        if any(len(to) != 1 for to in folds.values()):
            self._trace(source, folds)

    def _trace(self, source: str, folds: dict[str, str]) -> None:
        self.starts, self.ends = [], []
        for at, character in enumerate(source):
            to = folds.get(character, character)
            if not to and self.ends:
                self.ends[-1] = at + 1  # a combining mark belongs to the letter before it
            self.starts += [at] * len(to)
            self.ends += [at + 1] * len(to)

    def span(self, start: int, end: int) -> Span:
        """Folded offsets -> source offsets."""
        if self.starts is None or self.ends is None:
            return Span(start, end)
        return Span(self.starts[start], self.ends[end - 1])


@lru_cache(maxsize=4096)
def reason_to_drop(character: str) -> str:
    """Why a character without a spoken form is left out, by its Unicode category."""
    if unicodedata.decomposition(character).startswith(("<super>", "<sub>")):
        return "superscript"
    kind = unicodedata.category(character)[0]
    return {"P": "punctuation", "S": "symbol", "C": "control character"}.get(kind, "other script")
