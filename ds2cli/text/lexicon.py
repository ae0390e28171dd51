"""How words are said: a pronouncing lexicon, `word unit unit ...` a line, as Kaldi, flashlight and CMUdict write it."""

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from ds2cli.errors import UsageError
from ds2cli.io.cache import keep, made_from, short_hash
from ds2cli.io.text import read_lines
from ds2cli.text.units import BLANK, SPACE_NAME, Units

HINT = "a lexicon has a word and its units on each line: hello HH AH L OW"
WORD_MARKS = ("|", SPACE_NAME, "▁", "_")  # how lexicons of letters write the space behind a word
SHOWN = 3
KEPT_FROM = 1 << 18  # bytes of a file from which on what was parsed is kept
FORM = "lexicon 1"  # of what is kept
ARRAYS = ("of", "symbols", "starts", "log_weights")


@dataclass(frozen=True)
class Lexicon:
    """Spellings in units; a word may have several, and a spelling several words.

    words        (W) different words, in order of first spelling
    of           (N,) int32: the word of each spelling
    symbols      (S,) int32: the units of all spellings, one after another
    starts       (N + 1,) int64: spelling n is symbols[starts[n]:starts[n+1]]
    log_weights  (N,) float32: natural log of each spelling's probability given its word; 0 where the file gives none
    left_out     lines whose symbols are no units, by symbol
    path         where it came from
    """

    words: list[str]
    of: np.ndarray
    symbols: np.ndarray
    starts: np.ndarray
    log_weights: np.ndarray
    left_out: Counter[str]
    path: str = ""

    def __len__(self) -> int:
        return len(self.of)

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number in np.argsort(-self.log_weights, kind="stable").tolist():
            found.setdefault(self.words[self.of[number]], []).append(number)
        return found

    def __contains__(self, word: str) -> bool:
        return word in self._numbers

    def find(self, word: str) -> str | None:
        """A word as the lexicon writes it: as it stands, or in another case; None where it is not there."""
        return next((form for form in cases(word) if form in self._numbers), None)

    def spellings(self, word: str) -> list[list[int]]:
        """Every way to say a word, in units, the likeliest first; none for a word that is not there in any case."""
        numbers = self._numbers.get(self.find(word) or word, [])
        return [self.symbols[self.starts[n] : self.starts[n + 1]].tolist() for n in numbers]


def cases(word: str) -> Iterator[str]:
    """A word as it is written, and in the other cases."""
    yield from dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))


def read_lexicon(path: str | Path, units: Units) -> Lexicon:
    """A lexicon file: Kaldi's (`lexiconp.txt` with probabilities too), flashlight's, or CMUdict's own.

    `word(2)` is a second spelling of `word`; what follows ` #` or stands after `;;;` is a remark. Symbols are units as
    they are written, in the other case, or without CMUdict's stress digits, whichever the units know.

    A large one is parsed once and kept in the cache folder.

    raises  UsageError where it cannot be read, or most of it is spelled in other units
    """
    file = Path(path)
    if not file.is_file() or file.stat().st_size < KEPT_FROM:
        return _parsed(path, units)
    place = made_from(file, FORM, f".{short_hash(repr((units.names, units.separator)))}.npz")
    if found := _unpacked(place, str(path)):
        return found
    lexicon = _parsed(path, units)
    keep(place, partial(_pack, lexicon))
    return lexicon


def _pack(lexicon: Lexicon, place: Path) -> None:
    """Write a lexicon as arrays."""
    with open(place, "wb") as file:
        np.savez(file, words=_joined(lexicon.words), left_out=_joined(lexicon.left_out.elements()),
                 **{name: getattr(lexicon, name) for name in ARRAYS})


def _joined(texts: Iterable[str]) -> np.ndarray:
    return np.frombuffer("".join(f"{text}\n" for text in texts).encode(), np.uint8)


def _unpacked(place: Path, path: str) -> Lexicon | None:
    """What `_pack` wrote; None where there is nothing, or a damaged file, which is made again."""
    try:
        with np.load(place, allow_pickle=False) as packed:
            words, left_out = (packed[name].tobytes().decode().split("\n")[:-1] for name in ("words", "left_out"))
            arrays = {name: packed[name] for name in ARRAYS}
            return Lexicon(words, **arrays, left_out=Counter(left_out), path=path)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _parsed(path: str | Path, units: Units) -> Lexicon:
    """A lexicon from its lines."""
    lines = _read(path)
    lexicon = build_lexicon(_entries(lines, units), units, str(path))
    if 2 * len(lexicon) < len(lines):
        others = " ".join(f"`{symbol}`" for symbol, _ in lexicon.left_out.most_common(SHOWN))
        known = " ".join(units.names[1:12])
        what = f"{len(lines) - len(lexicon):,} of {len(lines):,} lines have symbols that are no units: {others}"
        raise UsageError(f"`{path}`: {what}", hint=f"the units are {known} ...; is it a lexicon for another model?")
    return lexicon


def read_said_words(path: str | Path) -> set[str]:
    """The words of a lexicon file, whatever they are spelled in.

    raises  UsageError where it cannot be read
    """
    return {_word(line.split(maxsplit=1)[0]) for line in _read(path)}


def _read(path: str | Path) -> list[str]:
    """The lines of a lexicon file, remarks and empty ones left out."""
    try:
        lines = [line for line in read_lines(path) if line.strip() and not line.startswith(";;;")]
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"cannot read a lexicon from `{path}`", hint=HINT) from None
    if not lines:
        raise UsageError(f"`{path}` is empty", hint=HINT)
    return lines


def build_lexicon(entries: Iterable[tuple[str, float, list[str]]], units: Units, path: str = "") -> Lexicon:
    """A lexicon from (word, probability of the spelling, symbols)."""
    index: dict[str, int] = {}
    of, symbols, starts, weights = [], [], [0], []
    left_out: Counter[str] = Counter()
    known = _KnownSymbols(units)
    for word, probability, spelled in entries:
        spelling = [known[symbol] for symbol in spelled]
        while spelling and spelling[-1] < BLANK:  # the space behind the word, which the units mark themselves
            spelling.pop()
        if not spelling or min(spelling) <= BLANK:
            left_out[next((symbol for symbol, unit in zip(spelled, spelling, strict=False) if unit <= BLANK), "")] += 1
            continue
        of.append(index.setdefault(word, len(index)))
        symbols += spelling
        starts.append(len(symbols))
        weights.append(probability)
    with np.errstate(divide="ignore"):
        log_weights = np.log(np.array(weights, np.float32))
    return Lexicon(list(index), np.array(of, np.int32), np.array(symbols, np.int32), np.array(starts, np.int64),
                   log_weights, left_out, path)


def _entries(lines: list[str], units: Units) -> Iterator[tuple[str, float, list[str]]]:
    weighted = _have_probabilities(lines, units)
    for line in lines:
        word, *symbols = (line.partition(" #")[0] if "#" in line else line).split()
        if weighted:
            yield _word(word), float(symbols[0]), symbols[1:]
        else:
            yield _word(word), 1.0, symbols


def _word(field: str) -> str:
    """`word(2)` is a second spelling of `word`."""
    if not field.endswith(")"):
        return field
    bare, opened, number = field[:-1].rpartition("(")
    return bare if opened and bare and number.isdigit() else field


def _have_probabilities(lines: list[str], units: Units) -> bool:
    """Whether the second field of every line is a probability, and no unit."""
    names = frozenset(units.names)
    for line in lines:
        fields = line.split(None, 2)
        try:
            if len(fields) < 3 or fields[1] in names or not 0 < float(fields[1]) <= 1:
                return False
        except ValueError:
            return False
    return True


class _KnownSymbols(dict[str, int]):
    """The unit that each symbol of a lexicon is, as `_unit_of` finds it the first time."""

    def __init__(self, units: Units) -> None:
        super().__init__()
        self._units = units

    def __missing__(self, symbol: str) -> int:
        unit = self[symbol] = _unit_of(symbol, self._units)
        return unit


def _unit_of(symbol: str, units: Units) -> int:
    """The unit that a lexicon's symbol is; 0 where it is none, -1 for the mark of a word's end."""
    if units.has_spaces and symbol in WORD_MARKS:
        return -1
    bare = symbol.rstrip("0123456789")
    for name in (symbol, symbol.lower(), symbol.upper(), bare, bare.lower(), bare.upper()):
        if name in units.names[1:]:
            return units.names.index(name)
    return BLANK
