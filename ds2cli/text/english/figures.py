"""Digits in running text: which pattern they are written in, and its reading."""

import re
from collections.abc import Callable

from ds2cli.text.english import numbers
from ds2cli.text.english.abbreviations import CURRENCIES, MONTHS, UNITS
from ds2cli.text.spans import Speech

Reading = Callable[[re.Match[str]], list[str] | None]

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
_MONTH = "|".join([*(month.capitalize() for month in MONTHS), *"Jan Feb Mar Apr Jun Jul Aug Sept? Oct Nov Dec".split()])
_CURRENCY = f"[{''.join(CURRENCIES)}]"
_MAGNITUDE = (
    r"(?:\s?(?P<magnitude>[Tt]housand|[Mm]illion|[Bb]illion|[Tt]rillion|[kKmMbB]|[mMbBtT]n)(?![A-Za-z0-9]))?"
)
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONTH_BEFORE = re.compile(rf"\b(?:{_MONTH})\.?\s+\Z")
_THE_BEFORE = re.compile(r"\b[Tt]he\s+\Z")


def _range(found: re.Match[str]) -> list[str]:
    first, last = found["first"], found["last"]
    if numbers.looks_like_year(first) and len(last) == 2:
        return [*numbers.year(first), "to", *numbers.cardinal(last)]
    return [*numbers.number(first), "to", *numbers.number(last)]


def _money(found: re.Match[str]) -> list[str]:
    low = [*numbers.cardinal(found["low"]), "to"] if found["low"] else []
    return [*low, *numbers.money(found["symbol"], found["figures"], found["magnitude"] or "")]


def _day_before_month(found: re.Match[str]) -> list[str] | None:
    if not 1 <= int(found["day"]) <= 31:
        return None
    the = [] if _THE_BEFORE.search(found.string, max(0, found.start() - 6), found.start()) else ["the"]
    return [*the, *numbers.ordinal(found["day"]), "of"]


def _day_after_month(found: re.Match[str]) -> list[str] | None:
    after_month = _MONTH_BEFORE.search(found.string, max(0, found.start() - 12), found.start())
    return numbers.ordinal(found["day"]) if after_month and 1 <= int(found["day"]) <= 31 else None


def _slashed_date(found: re.Match[str]) -> list[str] | None:
    month, day = found["month"], found["day"]
    if int(month) > 12:
        month, day = day, month
    return numbers.date(day, month, found["year"])


def _signed(found: re.Match[str]) -> list[str]:
    return {"-": ["minus"], "+": ["plus"]}.get(found["sign"] or "", [])


def _plain(found: re.Match[str]) -> list[str]:
    sign, figures = _signed(found), found["figures"]
    return [*sign, *(numbers.number(figures) if not sign else numbers.cardinal(figures))]


# In the order tried: the first that matches and has a reading is taken.
_PATTERNS: list[tuple[str, Reading]] = [
    (r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})\b",
     lambda m: numbers.date(m["day"], m["month"], m["year"])),
    (r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})\b", _slashed_date),
    (r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})\b",
     lambda m: numbers.date(m["day"], m["month"], m["year"])),
    (r"(?P<h>[01]?[0-9]|2[0-3]):(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?(?:\s?(?P<half>[aApP])\.?\s?[mM]\b\.?)?(?![0-9:])",
     lambda m: numbers.clock(m["h"], m["m"], m["s"] or "", m["half"] or "")),
    (r"(?P<h>1[0-2]|[1-9])\s?(?P<half>[aApP])\.?[mM]\b\.?", lambda m: numbers.clock(m["h"], "00", "", m["half"])),
    (rf"(?P<symbol>{_CURRENCY})\ ?(?:(?P<low>{_NUMBER})\s?-\s?{_CURRENCY}?)?"
     rf"(?P<figures>{_NUMBER}|\.[0-9]+){_MAGNITUDE}", _money),
    (r"\+?[0-9]+(?:-[0-9]+){2,}|[0-9]{3}-[0-9]{4}\b|\+[0-9]+(?:[ -][0-9]+)+", lambda m: numbers.digits(m[0])),
    (r"(?P<a>[0-9]+)'\s?(?P<b>[0-9]+)\"", lambda m: [*numbers.measure(m["a"], "ft"), *numbers.cardinal(m["b"])]),
    (r"(?:(?P<whole>[0-9]+)\s)?(?P<a>[0-9]{1,3})/(?P<b>[0-9]{1,3})(?![0-9/])",
     lambda m: numbers.fraction(m["a"], m["b"], m["whole"] or "")),
    (r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?=\s(?:of\s)?(?:" + _MONTH + r")\b(?!\s*[0-9]{1,2}\b))(?!\sof)",
     _day_before_month),
    (r"(?P<day>[0-9]{1,2})\b(?![.:/,][0-9])", _day_after_month),
    (r"(?P<figures>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:st|nd|rd|th)\b", lambda m: numbers.ordinal(m["figures"])),
    (r"(?P<figures>(?:1[1-9]|20)[0-9]0|[2-9]0)'?s\b", lambda m: numbers.decade(m["figures"])),
    (rf"(?P<sign>[-+])?(?P<figures>{_NUMBER})\s?(?P<unit>{_UNIT})(?![A-Za-z0-9'])",
     lambda m: [*_signed(m), *numbers.measure(m["figures"], m["unit"])]),
    (rf"(?P<low>{_NUMBER})\s?-\s?(?P<figures>{_NUMBER})\s?(?P<unit>{_UNIT})(?![A-Za-z0-9'])",
     lambda m: [*numbers.cardinal(m["low"]), "to", *numbers.measure(m["figures"], m["unit"])]),
    (r"(?P<a>[0-9]+):(?P<b>[0-9]+)(?![0-9:])", lambda m: [*numbers.cardinal(m["a"]), "to", *numbers.cardinal(m["b"])]),
    (r"(?P<first>[0-9]+)\s?-\s?(?P<last>[0-9]+)\b(?![.,]?[0-9])", _range),
    (r"[0-9]+(?:\.[0-9]+){2,}", lambda m: numbers.version(m[0])),
    (r"\#(?P<figures>[0-9]+)", lambda m: ["number", *numbers.cardinal(m["figures"])]),
    (rf"(?P<sign>[-+])?(?P<figures>{_NUMBER}|\.[0-9]+)", _plain),
]  # fmt: skip
_COMPILED = [(re.compile(pattern), reading) for pattern, reading in _PATTERNS]


def read_figures(text: str, start: int, speech: Speech) -> int:
    """Say what stands at text[start:], which begins with a figure, its sign or its currency; returns where it ends."""
    for pattern, reading in _COMPILED:
        found = pattern.match(text, start)
        if found and (words := reading(found)) is not None:
            speech.say(words, *found.span())
            return found.end()
    raise ValueError(f"no reading for {text[start : start + 20]!r}")
