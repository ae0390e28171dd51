"""Text to indices and back. The blank lives here and nowhere else."""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from ds2cli import hints
from ds2cli.errors import TextError, UsageError
from ds2cli.io.remote import local_copy
from ds2cli.text.pieces import likeliest_cut, merged_cut, sampled_cut, train_pieces
from ds2cli.text.scripts import is_unspaced, without_loose_spaces

BLANK = 0
BLANK_NAME = "<blank>"
SPACE = " "
SPACE_NAME = "<space>"
PIECE_MARK = "▁"  # SentencePiece's space
CONTROL_SPACE = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]")
UNSPELLABLE = {"Cc", "Cs", "Zl", "Zp"}  # categories of Unicode
PIECES_HEAD = "#pieces="
SPECIAL_PIECES = ("<unk>", "<s>", "</s>", "<pad>", BLANK_NAME)


@dataclass(frozen=True)
class Units:
    """What the network spells with: index 0 is the blank, every other index one unit.

    names  (V,) the units in order of index; names[0] is `<blank>`
    separator  put between units when they are spelled: "" for characters, " " for phones and other words of symbols

    cut        how a text is cut: "longest" takes the longest unit that fits, from left to right, so letter bigrams and
               characters live side by side; "likeliest" and "merged" cut pieces by their scores (unigram models, BPE)
    scores     (V,) of each piece, 0 for the blank; () where none are needed

    Where a word begins: after the unit that is the mark alone (a space among characters), and at units that begin with
    it (SentencePiece's `▁the`). Chinese characters beside a space and Latin letters are words one by one, and the space
    stands between Latin words alone. Units without a mark (phones, Chinese characters, digits by name) do not tell.
    """

    names: tuple[str, ...]
    separator: str = ""
    cut: Literal["longest", "likeliest", "merged"] = "longest"
    scores: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.names or self.names[BLANK] != BLANK_NAME:
            raise ValueError("the first unit is the blank")
        if len(set(self.names)) != len(self.names):
            raise ValueError("a unit is listed twice")
        if self.cut != "longest" and len(self.scores) != len(self.names):
            raise ValueError("every piece has a score")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def mark(self) -> str:
        """What stands for a space in the units: a space, SentencePiece's `▁`, or "" where none tells words apart."""
        if self.separator:
            return ""
        return next((mark for mark in (SPACE, PIECE_MARK) if any(name.startswith(mark) for name in self.names)), "")

    @property
    def rate_name(self) -> str:
        """What an error rate over the words of these units' texts is: of words; of phones; of Chinese characters."""
        if self.separator:
            return "PER"
        characters = [name for name in self.names[1:] if len(name) == 1]  # else `scoring.rate_name` looks at texts
        return "CER" if 2 * sum(map(is_unspaced, characters)) > len(characters) else "WER"

    @cached_property
    def alone(self) -> frozenset[int]:
        """Units that are a word each though others write words with spaces: Chinese characters among Latin letters."""
        if self.mark != SPACE:
            return frozenset()
        return frozenset(index for index, name in enumerate(self.names) if len(name) == 1 and is_unspaced(name))

    @property
    def has_spaces(self) -> bool:
        """Whether units tell where words begin: then the language model's tokens are words."""
        return bool(self.mark)

    @cached_property
    def marks_words(self) -> bool:
        """Whether units carry the mark of the word that they begin, as pieces do: then the first word is marked too."""
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
        text = self._spaced(on_one_line(text))
        if self.separator:
            symbols = text.split(self.separator)
            unknown = next((symbol for symbol in symbols if symbol and symbol not in self._index), None)
            if unknown is not None:
                raise TextError(f"`{printable(unknown)}` is not a unit")
            return [self._index[symbol] for symbol in symbols if symbol]
        if self.marks_words:
            text = "".join(self.mark + word for word in text.split())
        if self.cut != "longest":
            return [index for word in text.split(self.mark)[1:] for index in self._cut_word(self.mark + word)]
        indices, at = self._cut(text)
        if at < len(text):
            raise TextError(f"`{printable(text[at])}` is not a unit")
        return indices

    def _spaced(self, text: str) -> str:
        """A text without the spaces that nobody hears: those beside words of one character."""
        return without_loose_spaces(text) if self.alone else text

    def _cut(self, text: str) -> tuple[list[int], int]:
        """The indices of the longest units that fit, one after another, and how far they reach."""
        indices, at = [], 0
        while at < len(text):
            for length in range(min(self._longest, len(text) - at), 0, -1):
                index = self._index.get(text[at : at + length])
                if index is not None:
                    indices.append(index)
                    at += length
                    break
            else:
                break
        return indices, at

    @cached_property
    def _score_of(self) -> dict[str, float]:
        return dict(zip(self.names[1:], self.scores[1:], strict=True))

    def _cut_word(self, word: str) -> list[int]:
        if self.cut == "merged":
            pieces = merged_cut(word, self._score_of)
        else:
            pieces = likeliest_cut(word, self._score_of, self._longest)
        if pieces is None:
            unknown = self.unknown(word.removeprefix(self.mark)) or [word]
            raise TextError(f"`{printable(unknown[0])}` is not a unit")
        return [self._index[piece] for piece in pieces]

    def sampled(self, text: str, sharpness: float, generator: random.Random) -> list[int]:
        """The indices of a text that `encode` takes, each word cut at random: in proportion to a cut's probability to
        the power of sharpness (subword regularisation, Kudo 2018). Only for pieces with log-probs, cut = "likeliest".
        """
        drawn: list[int] = []
        for word in on_one_line(text).split():
            cut = sampled_cut(self.mark + word, self._score_of, self._longest, sharpness, generator)
            drawn += [self._index[piece] for piece in cut or ()]
        return drawn

    def decode(self, indices: Iterable[int]) -> str:
        """What indices spell, as it stands: blanks are passed over, repeats are kept, spaces wherever they are."""
        text = self.separator.join(self.names[index] for index in indices if index != BLANK)
        return text.replace(PIECE_MARK, SPACE) if self.mark == PIECE_MARK else text

    def text(self, indices: Iterable[int]) -> str:
        """The text that indices spell: words with one space between."""
        text = self.decode(indices)
        return self._spaced(SPACE.join(text.split())) if self.has_spaces else text

    def word_spans(self, indices: Sequence[int]) -> list[slice]:
        """Where the words of a text stand among its units, without the mark between; every unit, where none is."""
        if not self.has_spaces:
            return [slice(at, at + 1) for at in range(len(indices))]
        spans: list[slice] = []
        inside = False
        for at, index in enumerate(indices):
            if not self.body(index):
                inside = False
            elif index in self.alone:
                spans.append(slice(at, at + 1))
                inside = False
            elif inside and not self.begins_word(index):
                spans[-1] = slice(spans[-1].start, at + 1)
            else:
                spans.append(slice(at, at + 1))
                inside = True
        return spans

    def unknown(self, text: str) -> list[str]:
        """The characters (or symbols) of a text that no unit spells, in order, each once."""
        text = self._spaced(on_one_line(text))
        if self.separator:
            pieces: Iterable[str] = text.split(self.separator)
            return list(dict.fromkeys(piece for piece in pieces if piece and piece not in self._index))
        found: list[str] = []
        if self.marks_words:
            letters = {self.body(index) for index in range(1, len(self.names))}
            return list(dict.fromkeys(letter for letter in text if not letter.isspace() and letter not in letters))
        while (at := self._cut(text)[1]) < len(text):
            found.append(text[at])
            text = text.replace(text[at], "")
        return found


def on_one_line(text: str) -> str:
    """Line breaks and tabs are spaces like others, and none stands at either end; other texts stay as they are."""
    return SPACE.join(text.split()) if CONTROL_SPACE.search(text) else text


def printable(text: str) -> str:
    """A text to be shown: what would break the line or cannot be written is spelled out, \\n."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def is_spellable(name: str) -> bool:
    """Whether a unit can be written in a line of a file: no control character, no half of a surrogate pair."""
    return name not in ("", BLANK_NAME) and not any(unicodedata.category(one) in UNSPELLABLE for one in name)


def frames_needed(labels: Sequence[int]) -> int:
    """The fewest frames in which CTC can spell the labels: one each, a blank between repeats (Graves et al. 2006)."""
    return len(labels) + sum(a == b for a, b in zip(labels, labels[1:], strict=False))


def bigrams_of(texts: Iterable[str], min_count: int = 1) -> Units:
    """Letters and bigrams of a corpus, as Deep Speech 2 cuts words: pairs that do not overlap, a letter at the end.

    `the cat` is th, e, a space, ca, t. What occurs less often than min_count is left out; letters spell it.

    Amodei et al. 2016, section 3.6.
    """
    letters: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for text in map(on_one_line, texts):
        letters.update(text)
        pairs.update(word[at : at + 2] for word in text.split() for at in range(0, len(word) - 1, 2))
    singles = sorted(letter for letter, count in letters.items() if count >= min_count and is_spellable(letter))
    kept = {letter for letter in singles if letter != SPACE}
    doubles = sorted(pair for pair, count in pairs.items() if count >= min_count and kept.issuperset(pair))
    return Units((BLANK_NAME, *singles, *doubles))


def pieces_of(texts: Iterable[str], count: int) -> Units:
    """SentencePiece units of a corpus: the likeliest pieces of its words, `▁` where a word begins.

    raises  UsageError without the sentencepiece package, or where the texts do not hold so many pieces
    """
    try:
        scores = train_pieces([" ".join(text.split()) for text in texts], count)
    except ImportError:
        raise UsageError("pieces need the sentencepiece package", hint="pip install 'ds2cli[pieces]'") from None
    except ValueError as problem:
        raise UsageError(f"{count} pieces: {problem}", hint=hints.FEWER_PIECES) from None
    return Units((BLANK_NAME, *scores), "", "likeliest", (0.0, *scores.values()))


def units_of(texts: Iterable[str], separator: str = "", min_count: int = 1) -> Units:
    """The units of a corpus: every character (or symbol, with a separator) that occurs, in code point order.

    Control characters are none: whoever meets one in a text names it.

    min_count  leaves out what occurs less often (a stray bracket among 6,000 characters)
    """
    counts: Counter[str] = Counter()
    for text in texts:
        text = on_one_line(text)
        counts.update(text.split(separator) if separator else text)
    frequent = sorted(name for name, count in counts.items() if count >= min_count and is_spellable(name))
    return Units((BLANK_NAME, *frequent), separator)


def read_units(path: str | Path) -> Units:
    """Units from a file that `write_units` wrote, or that lists one unit a line; the blank is not listed."""
    try:
        text = local_copy(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read units from `{path}`", hint="write them with: ds2 prepare units") from None
    return parse_units(text, f"`{path}`")


def parse_units(text: str, where: str = "the units") -> Units:
    """Units from text, one per line in order of index; a space is written `<space>`. Or a SentencePiece vocabulary."""
    lines = [line for line in text.split("\n") if line]
    if lines and all("\t" in line for line in lines if not line.startswith(PIECES_HEAD)):
        return _parse_pieces(lines, where)
    names = [SPACE if line == SPACE_NAME else line for line in lines]
    separator = ""
    if names and names[0].startswith("#separator="):
        separator = names[0].split("=", 1)[1].replace(SPACE_NAME, SPACE)
        names = names[1:]
    wrong = next((name for name in names if name != BLANK_NAME and not is_spellable(name)), None)
    if wrong is not None:
        raise UsageError(f"{where} list `{printable(wrong)}`, a control character", hint="leave that line out")
    if len({BLANK_NAME, *names}) != len(names) + 1:
        raise UsageError(f"{where} list a unit twice, or the blank", hint="write them with: ds2 prepare units")
    return Units((BLANK_NAME, *names), separator)


def _parse_pieces(lines: list[str], where: str) -> Units:
    """Lines of piece and score; `#pieces=` says which kind; else BPE's scores are known by being ranks: 0, -1, -2."""
    cut = lines[0].removeprefix(PIECES_HEAD) if lines[0].startswith(PIECES_HEAD) else ""
    try:
        scores = {piece: float(score) for piece, score in (line.split("\t") for line in lines[bool(cut) :])}
    except ValueError:
        hint = hints.WRITE_PIECES
        raise UsageError(f"{where}: not a piece and its score on each line", hint=hint) from None
    for special in SPECIAL_PIECES:
        scores.pop(special, None)
    if cut not in ("", "merged", "likeliest"):
        raise UsageError(f"{where}: pieces of an unknown kind: `{cut}`", hint="likeliest or merged")
    ranked = all(score <= 0 and score == int(score) for score in scores.values()) if not cut else cut == "merged"
    return Units((BLANK_NAME, *scores), "", "merged" if ranked else "likeliest", (0.0, *scores.values()))


def write_units(units: Units) -> str:
    """The text of a units file; `read_units` reads it back."""
    if units.scores:
        lines = (f"{name}\t{score!r}" for name, score in zip(units.names[1:], units.scores[1:], strict=True))
        return "\n".join([f"{PIECES_HEAD}{units.cut}", *lines]) + "\n"
    head = [f"#separator={SPACE_NAME if units.separator == SPACE else units.separator}"] if units.separator else []
    return "\n".join([*head, *(SPACE_NAME if name == SPACE else name for name in units.names[1:])]) + "\n"
