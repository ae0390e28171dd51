"""The table of what is written with digits, the ranges between two of them, and the way through a text."""

import re
from functools import lru_cache

from ds2cli.text.english import numbers
from ds2cli.text.english.abbreviations import STREETS
from ds2cli.text.english.figures.amounts import FRACTIONS, MEASURES, MONEY, MONEY_ANYHOW, sign
from ds2cli.text.english.figures.calendar import DATES, DAYS, TIMES
from ds2cli.text.english.figures.codes import NAMES, TELEPHONES, VERSION
from ds2cli.text.english.figures.pieces import CAPITALS, DASH, DECIMAL, MONTH, FigureReading, Found, Rule, rule
from ds2cli.text.english.units import MAGNITUDES
from ds2cli.text.spans import Speech


def _plain(found: Found) -> list[str]:
    words = sign(found)
    return [*words, *(numbers.cardinal(found["figures"]) if words else numbers.number(found["figures"]))]


_COMPARED = {"<": "less than", ">": "greater than", "≤": "at most", "≥": "at least", "<=": "at most", ">=": "at least",
             "~": "about", "≈": "about"}
_STREETS = "|".join(sorted(STREETS))
_FIGURES = rf"(?P<sign>[-+±])?(?P<figures>{DECIMAL})"
_NUMBERS = [
    rule("compared", r"(?P<mark>[<>]=?|[≤≥~≈])\s?(?=[-+$£€]?\.?[0-9])", lambda m: _COMPARED[m["mark"]].split(), "",
         needs="<>≤≥~≈"),
    rule("number", rf"{_FIGURES}\s?(?P<magnitude>[mMbBtT]n)", lambda m: [
        *sign(m), *numbers.cardinal(m["figures"]), MAGNITUDES[m["magnitude"].lower()]]),
    rule("number", r"(?P<figures>[0-9]+\.[0-9]+)m(?=\s(?:people|[a-z]{4,}s)\b)",
         lambda m: [*numbers.cardinal(m["figures"]), "million"], needs="."),
    rule("house", rf"(?P<figures>[1-9][0-9]{{0,4}})(?=\s[NSEW]\.?\s"
                  rf"(?:[A-Z][a-z]+|[0-9]+(?:st|nd|rd|th))\s(?i:{_STREETS})\b)",
         lambda m: numbers.number(m["figures"]), needs="NSEW"),
    rule("house", rf"(?P<figures>[1-9][0-9]{{3}})(?=\s(?:[NSEW]\.?\s)?[A-Z][a-z]+\s(?i:{_STREETS})\b)",
         lambda m: numbers.year(m["figures"]), needs=CAPITALS),
]
# Inside a name (`B52`), or with letters behind it (`747s`): nothing but the number.
_INSIDE = rule("inside", _FIGURES, _plain, "")
_PLAIN = [rule("number", _FIGURES, _plain), _INSIDE]

# In the order tried: the first that matches and has a reading is taken.
GRAMMAR = [*DATES, *TELEPHONES, *TIMES, *MONEY, *FRACTIONS, *DAYS, *_NUMBERS, *MEASURES, *NAMES, *_PLAIN, MONEY_ANYHOW]

# Which kinds may stand at the other end of a range that begins with a kind.
RANGES = {
    "number": {"number", "measure", "money", "mixed", "clock", "ordinal", "decade", "power", "day"},
    "measure": {"measure"}, "money": {"money", "number"}, "mixed": {"mixed", "measure", "number"},
    "clock": {"clock", "number"}, "verse": {"number"}, "day": {"number", "day", "ordinal"},
    "ordinal": {"ordinal", "day"},
    "decade": {"decade"}, "date": {"date"}, "coins": {"coins"}, "power": {"power"},
}  # fmt: skip
# Behind a letter and yet a figure of its own: `v1.2.3`, `2024-10-15T14:47:23`.
_STANDS_ALONE = re.compile(rf"{VERSION.pattern.pattern}|(?<=[0-9]T)[0-9]{{2}}:")
_DASH_AND_FIGURE = re.compile(rf"{DASH}(?=(?:[$£€¥₹]\s?)?\.?[0-9]|'[0-9]0s)")
_MONTH_FOLLOWS = re.compile(rf"{DASH}(?=(?:{MONTH})\b)")
_GOES_ON = re.compile(r"-[0-9]")


_NEAR = 40  # characters; no figure with its marks is longer


def read_figures(text: str, start: int, speech: Speech) -> int:
    """Say what stands at text[start:], which begins with a figure, its sign or its currency; returns where it ends."""
    if start and text[start - 1].isalpha() and not _STANDS_ALONE.match(text, start):
        found = _INSIDE.pattern.match(text, start)
        inside = _INSIDE.read(found) if found else None
        if found and inside:
            speech.say(inside.words, start, found.end())
            return found.end()
    kind, said, end = _first(text, start)
    words = [*said.words, *said.unit]
    if kind in RANGES:
        words, end = _range(text, kind, said, start, end)
    speech.say(words, start, end)
    return end


_MARKS = frozenset().union(*(one.needs for one in GRAMMAR))


@lru_cache(maxsize=65536)
def _rules_near(marks: frozenset[str]) -> list[Rule]:
    """The rules that may match where these of their marks are near."""
    return [one for one in GRAMMAR if not one.needs or not marks.isdisjoint(one.needs)]


def _first(text: str, start: int) -> tuple[str, FigureReading, int]:
    """The first rule of the grammar that has a reading, what it says, and where its figure ends."""
    for one in _rules_near(_MARKS.intersection(text[start : start + _NEAR])):
        found = one.pattern.match(text, start)
        if found and (said := one.read(found)) is not None:
            return one.kind, said, found.end()
    raise ValueError(f"no reading for {text[start : start + 20]!r}")


def _range(text: str, kind: str, low: FigureReading, start: int, end: int) -> tuple[list[str], int]:
    """What one figure says, or two with a dash between them; and where it ends."""
    alone = [*low.words, *low.unit]
    if month := _MONTH_FOLLOWS.match(text, end):
        return [*alone, "to"], month.end()
    dash = _DASH_AND_FIGURE.match(text, end)
    if dash is None:
        return alone, end
    other, high, stop = _first(text, dash.end())
    if other not in RANGES[kind] or _GOES_ON.match(text, stop):
        return alone, end
    first, last = text[start:end], text[dash.end() : stop]
    words = [*high.words, *high.unit]
    if kind == other == "number" and first.isdigit() and last.isdigit() and 999 >= int(first) > max(12, int(last)):
        return [*alone, *words], stop  # a score, `21-14`; a part, `Listing 16-1`
    if kind == "number" and other == "number" and numbers.looks_like_year(first) and re.fullmatch("[0-9]{2}", last):
        words = ["oh", *numbers.cardinal(last[1])] if last[0] == "0" and last != "00" else numbers.cardinal(last)
    elif kind == "day" and re.fullmatch("[0-9]{1,2}", last):
        words = numbers.ordinal(last)
    elif other == "day" and re.fullmatch("[0-9]{1,2}", first):  # 3-5 May
        low = FigureReading([*words[:-1][: words[0] == "the"], *numbers.ordinal(first)])
    if other == "number" and low.share:  # $10-15
        return [*low.words, "to", *words, *low.unit], stop
    names_once = kind != "clock" and low.share == high.share or low.share == "hour"
    return [*low.words, *([] if names_once else low.unit), "to", *words], stop
