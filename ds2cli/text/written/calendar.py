"""Years, decades, dates and the clock: `the fourth of july nineteen seventy six`, `five oh five p m`."""

from collections.abc import Sequence
from typing import NamedTuple

from ds2cli.text.comparing.numbers import OH, PLURALS, SMALL, TENS
from ds2cli.text.english.abbreviations import MONTHS
from ds2cli.text.written.numerals import SCALES, Value, below_hundred, cardinal, ordinal, with_ending
from ds2cli.text.written.parts import NO_WORD, Part, before

_SURE_BEFORE_YEAR = frozenset("in since year years circa summer winter spring autumn class".split())
_BEFORE_CLOCK = frozenset("at by until till before after".split())
_BEFORE_VERSE = frozenset("verse verses john psalm matthew luke genesis exodus isaiah romans corinthians".split())
_LEAD_TO_DECADE = ("the", "early", "late", "mid")
_AFTER_NO_CLOCK = frozenset("percent per dollars dollar pounds feet miles o'clock hundred thousand million".split())
_NOT_MONTHS = frozenset(["may", "march"])  # words too, unless a day follows
_SUBJECTS = frozenset("i you he she we they who it that to".split())
_AFTER_THOUSANDS = frozenset(["", *"and but the we he she they it i there a when one".split()])
ZONES = frozenset({("e", "s", "t"), ("u", "t", "c"), ("g", "m", "t"), ("p", "s", "t"), ("c", "e", "t"), ("e", "t")})


# --- years ------------------------------------------------------------------------------------------------------------


def year(words: Sequence[str], at: int, sure: bool = False) -> tuple[str, int] | None:
    """`nineteen oh five`, `twenty twenty`, and, where a year is sure to be meant, `two thousand and five`.

    sure  whether words before it tell so
    """
    first = below_hundred(words, at)
    if first and (13 <= first.value <= 20 or (sure and first.value in (10, 11, 12))):
        second = _pair(words, first.end)
        if second and words[second.end] not in SCALES and words[second.end] not in ("hundred", "point"):
            return f"{first.value}{second.value:02}", second.end
        if sure and words[first.end] == "hundred" and first.value < 20 and below_hundred(words, first.end + 1) is None:
            return f"{first.value}00", first.end + 1
    whole = cardinal(words, at) if words[at : at + 2] == ["two", "thousand"] else None
    if whole and (2000 < whole.value < 2100 or (sure and whole.value == 2000 and words[whole.end] in _AFTER_THOUSANDS)):
        return str(whole.value), whole.end
    return None


def _pair(words: Sequence[str], at: int) -> Value | None:
    """The second half of a year: `oh five`, or ten and above."""
    if words[at] in OH and 0 < SMALL.get(words[at + 1], 0) < 10:
        return Value(SMALL[words[at + 1]], at + 2)
    second = below_hundred(words, at)
    return second if second and second.value >= 10 else None


def years(words: Sequence[str], at: int) -> list[Part] | None:
    """A year, or the years from one to another."""
    cue = before(words, at)
    found = year(words, at, cue in _SURE_BEFORE_YEAR)
    if found is None:
        return None
    first, end = found
    if words[end] in ("to", "and") and (last := year(words, end + 1, sure=True)):
        if cue in ("from", "between"):
            return [Part(first, end - at), Part(words[end], 1), Part(last[0], last[1] - end - 1)]
        if words[end] == "to":
            return [Part(f"{first}-{last[0]}", last[1] - at)]
    return [Part(first, end - at)]


def decade(words: Sequence[str], at: int) -> list[Part] | None:
    """`nineteen sixties`; `eighties` behind a word that tells of a time."""
    first = below_hundred(words, at)
    if first and 13 <= first.value <= 20:
        if words[first.end] in PLURALS:
            return [Part(f"{first.value}{PLURALS[words[first.end]]}s", first.end + 1 - at)]
        if words[first.end] == "hundreds":
            return [Part(f"{first.value}00s", first.end + 1 - at)]
    if words[at] in PLURALS and before(words, at) in _LEAD_TO_DECADE:
        return [Part(f"{PLURALS[words[at]]}s", 1)]
    if words[at : at + 2] == ["two", "thousands"] and before(words, at) in _LEAD_TO_DECADE:
        return [Part("2000s", 2)]
    return None


# --- dates ------------------------------------------------------------------------------------------------------------


def month_first(words: Sequence[str], at: int) -> list[Part] | None:
    """`may third twenty twenty one` -> May 3, 2021; `may third to the fifth`; `may twenty twenty four`."""
    if words[at] not in MONTHS or before(words, at) in _SUBJECTS - {"to", "that"}:
        return None
    name = words[at].capitalize()
    day = _day(words, at + 1)
    if day is None:
        found = year(words, at + 1, sure=True)
        return [Part(name, 1), Part(found[0], found[1] - at - 1)] if found else None
    text, end = str(day.value), day.end
    after = end + 1 + (words[end + 1] == "the")
    if words[end] == "to" and (last := _day(words, after)) and words[last.end] != "of":
        text, end = f"{text}-{last.value}", last.end
    found = year(words, end, sure=True)
    if found is None and below_hundred(words, end):  # else the figures of the two would run together
        text += with_ending(int(text.rpartition("-")[2])).lstrip("0123456789")
    parts = [Part(name, 1), Part(text + "," * (found is not None), end - at - 1)]
    return [*parts, Part(found[0], found[1] - end)] if found else parts


def _day(words: Sequence[str], at: int) -> Value | None:
    """A day of the month; `twentieth` and not the beginning of `twentieth century`."""
    day = ordinal(words, at)
    return day if day and day.value <= 31 and words[day.end] not in ("century", "of", "place") else None


def day_first(words: Sequence[str], at: int) -> list[Part] | None:
    """`the fourth of july nineteen seventy six` -> the 4th of July 1976."""
    day = ordinal(words, at)
    if day is None or day.value > 31:
        return None
    of = words[day.end] == "of"
    month = words[day.end + of]
    if words[day.end + of + 1] == NO_WORD or _day(words, day.end + of + 1):
        return None  # `the third of may second` has two days
    if month not in MONTHS or (not of and month in _NOT_MONTHS and year(words, day.end + 1) is None):
        return None
    parts = [Part(with_ending(day.value), day.end - at), *[Part("of", 1)] * of, Part(month.capitalize(), 1)]
    found = year(words, day.end + of + 1, sure=True)
    return [*parts, Part(found[0], found[1] - day.end - of - 1)] if found else parts


# --- the clock --------------------------------------------------------------------------------------------------------


def clock(words: Sequence[str], at: int) -> list[Part] | None:
    """`five oh five p m`, `ten o'clock`, `nine to five p m`, `at six thirty`, `between one fifteen and two ten`."""
    first, cue = _time(words, at), before(words, at)
    if first is None:
        return None
    here = Part(first.text, first.end - at)
    if half := _half(words, first.end):
        return [here, half]
    if words[first.end] == "o'clock" and not first.has_minutes:
        return [here, Part("o'clock", 1), *_until(words, first.end + 1)]
    other = _time(words, first.end + 1) if words[first.end] in ("to", "and") else None
    goes_on = other is not None and (other.has_minutes or _half(words, other.end) is not None) and first.hour <= 12
    if goes_on and words[first.end] == "to" and (first.has_minutes or (other and _half(words, other.end))):
        return [here, *_until(words, first.end)]
    if not first.has_minutes or words[first.end] in _AFTER_NO_CLOCK:
        return None
    if goes_on and cue == "between":
        return [here, *_until(words, first.end)]
    if cue in _BEFORE_VERSE and first.hour <= 12:
        return [here]
    if (cue in _BEFORE_CLOCK and (first.hour <= 12 or cue == "at")) or tuple(words[first.end : first.end + 3]) in ZONES:
        return [here, *(_until(words, first.end) if goes_on else [])]
    return None


def _until(words: Sequence[str], at: int) -> list[Part]:
    """`to eleven thirty`, behind the time from which something lasts."""
    last = _time(words, at + 1) if words[at] in ("to", "and") else None
    half = _half(words, last.end) if last else None
    if last is None or not (last.has_minutes or half):
        return []
    return [Part(words[at], 1), Part(last.text, last.end - at - 1), *([half] if half else [])]


def _half(words: Sequence[str], at: int) -> Part | None:
    """`p m`."""
    if words[at] in ("a", "p") and words[at + 1] == "m":
        return Part(f"{words[at]}.m.", 2)
    return Part(f"{words[at][0]}.m.", 1) if words[at] in ("am", "pm") else None


class _Time(NamedTuple):
    """An hour, perhaps with its minutes, and the index behind its words."""

    text: str
    end: int
    hour: int
    has_minutes: bool


def _time(words: Sequence[str], at: int) -> _Time | None:
    hour = Value(0, at + 1) if words[at] == "zero" else below_hundred(words, at)
    if hour is None or hour.value > 23:
        return None
    minutes = _pair(words, hour.end)
    if minutes and minutes.value < 60 and words[minutes.end] not in TENS:
        return _Time(f"{hour.value}:{minutes.value:02}", minutes.end, hour.value, has_minutes=True)
    is_full = hour.value >= 13 and before(words, at) == "at" and words[hour.end] == "hundred"
    if is_full and (below_hundred(words, hour.end + 1) or words[hour.end + 1] not in _AFTER_THOUSANDS):
        return None
    if is_full:
        return _Time(f"{hour.value}:00", hour.end + 1, hour.value, has_minutes=True)
    return _Time(str(hour.value), hour.end, hour.value, has_minutes=False) if 1 <= hour.value <= 12 else None
