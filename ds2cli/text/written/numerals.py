"""Number words to values: `two hundred and five`, `twenty first`, `three point one four`, `double oh seven`."""

from collections.abc import Sequence
from typing import NamedTuple

from ds2cli.text.comparing.numbers import OH, ORDINALS, REPEATS, SMALL, TENS
from ds2cli.text.written.parts import Part

SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
LARGE = ("million", "billion", "trillion")
_HALVES = {("a", "half"): (".5", "1/2"), ("one", "half"): (".5", "1/2"), ("a", "quarter"): (".25", "1/4"),
           ("one", "quarter"): (".25", "1/4"), ("three", "quarters"): (".75", "3/4")}  # fmt: skip
_ORDINAL_SCALES = {"hundredth": "hundred", "thousandth": "thousand", "millionth": "million", "billionth": "billion"}
_SPELLED = {value: word for word, value in SMALL.items()} | {value: word for word, value in TENS.items()}
_NUMBER_WORDS = frozenset({*SMALL, *TENS, *SCALES, "hundred", "and"})


class Value(NamedTuple):
    """A whole number, and the index behind its words."""

    value: int
    end: int


class Amount(NamedTuple):
    """A number that may have a sign, decimals and a scale.

    figures  `-2.5`, `1,200`
    scale    `million`, which stays a word; or ""
    end      the index behind its words
    small    whether it is a whole number below ten, which people write as a word
    above    of a mixed number: `1/2` of `two and a half`
    n_above  how many words say that
    """

    figures: str
    scale: str
    end: int
    small: bool
    above: str = ""
    n_above: int = 0

    def parts(self, start: int, lead: str = "", tail: str = "") -> list[Part]:
        """What is written of the words from `start` on, with marks before and behind it."""
        n_words = self.end - start - self.n_above - (self.scale != "")
        last = self.above or self.scale
        parts = [Part(lead + self.figures + ("" if last else tail), n_words)]
        return [*parts, Part(last + tail, self.n_above or 1)] if last else parts


def below_hundred(words: Sequence[str], at: int) -> Value | None:
    """From one to ninety nine."""
    word = words[at]
    if word in TENS:
        ones = SMALL.get(words[at + 1], 0)
        return Value(TENS[word] + ones, at + 2) if 0 < ones < 10 else Value(TENS[word], at + 1)
    return Value(SMALL[word], at + 1) if SMALL.get(word, 0) else None


def _below_thousand(words: Sequence[str], at: int) -> Value | None:
    """`two hundred and five`, `fifteen hundred`."""
    first = below_hundred(words, at)
    if first is None or words[first.end] != "hundred":
        return None if first and words[first.end] == "hundreds" else first
    value, end = first.value * 100, first.end + 1
    rest = below_hundred(words, end + (words[end] == "and"))
    if rest and words[rest.end] != "hundred" and not _is_another(words, end, rest.end):
        return Value(value + rest.value, rest.end)
    return Value(value, end)


def _is_another(words: Sequence[str], end: int, after: int) -> bool:
    """Whether what follows `and` counts something of its own: `one hundred and twenty thousand` does not."""
    return words[end] == "and" and words[after] == "point"


def cardinal(words: Sequence[str], at: int) -> Value | None:
    """The longest number that is said as one; `zero` too."""
    if words[at] == "zero":
        return Value(0, at + 1)
    total, limit, end = 0, 10**15, at
    while True:
        joins = words[end] == "and" and total > 0
        part = _below_thousand(words, end + joins)
        if part is None:
            break
        scale = SCALES.get(words[part.end], 1)
        if joins and (scale == 1) and (part.value >= 100 or limit > 1000):
            break
        if part.value * scale >= limit or scale >= limit:
            break
        total, end, limit = total + part.value * scale, part.end + (scale > 1), scale
        if scale == 1:
            break
    return Value(total, end) if total else None


def ordinal(words: Sequence[str], at: int) -> Value | None:
    """`twenty first`, `one hundredth`, `third`."""
    last = at
    while words[last] in _NUMBER_WORDS and last < at + 9:
        last += 1
    word = words[last]
    if word in _ORDINAL_SCALES:
        read = cardinal([*words[at:last], _ORDINAL_SCALES[word], "", "", "", ""], 0) if last > at else None
    elif ORDINALS.get(word, 0):
        read = cardinal([*words[at:last], _SPELLED[ORDINALS[word]], "", "", "", ""], 0)
    else:
        return None
    return Value(read.value, last + 1) if read and read.end == last + 1 - at else None


def figure(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """One figure that is said by its name, or two or three of a kind: `oh`, `double seven`."""
    times = REPEATS.get(words[at], 1)
    word = words[at + (times > 1)]
    value = 0 if word in OH else SMALL.get(word, 10)
    return (str(value) * times, at + 1 + (times > 1)) if value < 10 else None


def figures(words: Sequence[str], at: int) -> tuple[str, int]:
    """Figures one by one, as many as there are."""
    said = ""
    while (one := figure(words, at)) is not None:
        said, at = said + one[0], one[1]
    return said, at


def decimals(words: Sequence[str], at: int) -> tuple[str, int]:
    """What is said behind `point`: figures, or numbers below a hundred (`point twenty five`)."""
    said, end = figures(words, at)
    if said:
        return said, end
    value = below_hundred(words, at)
    return (str(value.value), value.end) if value else ("", at)


def amount(words: Sequence[str], at: int) -> Amount | None:
    """`minus two point five million`, `one thousand two hundred`, `two and a half`."""
    sign = words[at] in ("minus", "negative")
    whole = cardinal(words, at + sign)
    if whole is None:
        return None
    lead, end = "-" * sign, whole.end
    if words[end] == "point":
        said, after = decimals(words, end + 1)
        if said:
            scale = words[after] if words[after] in LARGE else ""
            return Amount(f"{lead}{whole.value:,}.{said}", scale, after + (scale != ""), small=False)
    if words[end] == "and" and (half := _HALVES.get((words[end + 1], words[end + 2]))):
        if words[end + 3] in LARGE:
            return Amount(f"{lead}{whole.value:,}{half[0]}", words[end + 3], end + 4, small=False)
        return Amount(f"{lead}{whole.value:,}", "", end + 3, small=False, above=half[1], n_above=3)
    for scale in reversed(LARGE):
        if words[end - 1] == scale and whole.value % SCALES[scale] == 0:
            return Amount(f"{lead}{whole.value // SCALES[scale]:,}", scale, end, small=False)
    return Amount(f"{lead}{whole.value:,}", "", end, small=whole.value < 10 and not sign)


def with_ending(value: int) -> str:
    """`21` -> 21st."""
    ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value:,}{ending}"
