"""Text to indices and back. The blank lives here and nowhere else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ds2cli.errors import TextError, UsageError

BLANK = 0
BLANK_NAME = "<blank>"
SPACE = " "
SPACE_NAME = "<space>"
PIECE_MARK = "▁"  # SentencePiece's space


@dataclass(frozen=True)
class Units:
    """What the network spells with: index 0 is the blank, every other index one unit.

    names  (V,) the units in order of index; names[0] is `<blank>`
    separator  put between units when they are spelled: "" for characters, " " for phones and other words of symbols

    A text is cut greedily into the longest units that fit, so letter bigrams, pieces and characters live side by side.
    Where a word begins: after the unit that is the mark alone (a space among characters), and at units that begin with
    it (SentencePiece's `▁the`). Units without a mark (phones, Chinese characters, digits by name) do not tell.
    """

    names: tuple[str, ...]
    separator: str = ""

    def __post_init__(self) -> None:
        if not self.names or self.names[BLANK] != BLANK_NAME:
            raise ValueError("the first unit is the blank")
        if len(set(self.names)) != len(self.names):
            raise ValueError("a unit is listed twice")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def mark(self) -> str:
        """What stands for a space in the units: a space, SentencePiece's `▁`, or "" where none tells words apart."""
        if self.separator:
            return ""
        return next((mark for mark in (SPACE, PIECE_MARK) if any(name.startswith(mark) for name in self.names)), "")

    @property
    def has_spaces(self) -> bool:
        """Whether units tell where words begin: then the language model's tokens are words."""
        return bool(self.mark)

    @cached_property
    def _marks_words(self) -> bool:
        """Whether some unit is more than the mark that it begins with: then the first word is marked too."""
        return bool(self.mark) and any(self.begins_word(index) for index in range(1, len(self.names)))

    def begins_word(self, index: int) -> bool:
        """Whether a unit carries the mark of a word's beginning, and letters of the word."""
        return bool(self.mark) and len(self.names[index]) > 1 and self.names[index].startswith(self.mark)

    def body(self, index: int) -> str:
        """A unit without its mark; "" for the blank and the mark alone."""
        return "" if index == BLANK else self.names[index].removeprefix(self.mark)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names) if index != BLANK}

    @cached_property
    def _longest(self) -> int:
        return max((len(name) for name in self._index), default=0)

    def encode(self, text: str) -> list[int]:
        """The indices that spell a text.

        raises  TextError naming the first character that no unit spells
        """
        if self.separator:
            symbols = text.split(self.separator)
            unknown = next((symbol for symbol in symbols if symbol and symbol not in self._index), None)
            if unknown is not None:
                raise TextError(f"`{unknown}` is not a unit")
            return [self._index[symbol] for symbol in symbols if symbol]
        if self._marks_words:
            text = "".join(self.mark + word for word in text.split())
        indices, at = [], 0
        while at < len(text):
            for length in range(min(self._longest, len(text) - at), 0, -1):
                index = self._index.get(text[at : at + length])
                if index is not None:
                    indices.append(index)
                    at += length
                    break
            else:
                raise TextError(f"`{text[at]}` is not a unit")
        return indices

    def decode(self, indices: Iterable[int]) -> str:
        """What indices spell, as it stands: blanks are passed over, repeats are kept, spaces wherever they are."""
        text = self.separator.join(self.names[index] for index in indices if index != BLANK)
        return text.replace(PIECE_MARK, SPACE) if self.mark == PIECE_MARK else text

    def text(self, indices: Iterable[int]) -> str:
        """The text that indices spell: words with one space between."""
        text = self.decode(indices)
        return SPACE.join(text.split()) if self.has_spaces else text

    def word_spans(self, indices: Sequence[int]) -> list[slice]:
        """Where the words of a text stand among its units, without the mark between; every unit, where none is."""
        if not self.has_spaces:
            return [slice(at, at + 1) for at in range(len(indices))]
        spans: list[slice] = []
        inside = False
        for at, index in enumerate(indices):
            if not self.body(index):
                inside = False
            elif inside and not self.begins_word(index):
                spans[-1] = slice(spans[-1].start, at + 1)
            else:
                spans.append(slice(at, at + 1))
                inside = True
        return spans

    def unknown(self, text: str) -> list[str]:
        """The characters (or symbols) of a text that no unit spells, in order, each once."""
        if self.separator:
            pieces: Iterable[str] = text.split(self.separator)
            return list(dict.fromkeys(piece for piece in pieces if piece and piece not in self._index))
        found, rest = [], text
        if self._marks_words:
            letters = {self.body(index) for index in range(1, len(self.names))}
            return list(dict.fromkeys(letter for letter in text if not letter.isspace() and letter not in letters))
        while True:
            try:
                self.encode(rest)
                return list(dict.fromkeys(found))
            except TextError as problem:
                character = str(problem)[1]
                found.append(character)
                rest = rest.replace(character, "")


def frames_needed(labels: Sequence[int]) -> int:
    """The fewest frames in which CTC can spell the labels: one each, a blank between repeats (Graves et al. 2006)."""
    return len(labels) + sum(a == b for a, b in zip(labels, labels[1:], strict=False))


def units_of(texts: Iterable[str], separator: str = "", min_count: int = 1) -> Units:
    """The units of a corpus: every character (or symbol, with a separator) that occurs, in code point order.

    min_count  leaves out what occurs less often (a stray bracket among 6,000 characters)
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.split(separator) if separator else text)
    frequent = sorted(name for name, count in counts.items() if name and count >= min_count)
    return Units((BLANK_NAME, *frequent), separator)


def read_units(path: str | Path) -> Units:
    """Units from a file that `write_units` wrote, or that lists one unit a line; the blank is not listed."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read units from `{path}`", hint="write them with: ds2 prepare units") from None
    return parse_units(text, f"`{path}`")


def parse_units(text: str, where: str = "the units") -> Units:
    """Units from text, one per line in order of index; a space is written `<space>`."""
    names = [SPACE if line == SPACE_NAME else line for line in text.split("\n") if line]
    separator = ""
    if names and names[0].startswith("#separator="):
        separator = names[0].split("=", 1)[1].replace(SPACE_NAME, SPACE)
        names = names[1:]
    if len({BLANK_NAME, *names}) != len(names) + 1:
        raise UsageError(f"{where} list a unit twice, or the blank", hint="write them with: ds2 prepare units")
    return Units((BLANK_NAME, *names), separator)


def write_units(units: Units) -> str:
    """The text of a units file; `read_units` reads it back."""
    head = [f"#separator={SPACE_NAME if units.separator == SPACE else units.separator}"] if units.separator else []
    return "\n".join([*head, *(SPACE_NAME if name == SPACE else name for name in units.names[1:])]) + "\n"
