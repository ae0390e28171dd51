"""Days, months, years and the time of day."""

from ds2cli.text.english import numbers
from ds2cli.text.english.figures.pieces import CAPITALS, END, MONTH, FigureReading, Found, behind, rule

_after_month = behind(rf"\b(?:{MONTH})\.?\s+", 13)
_after_the = behind(r"\b[Tt]he\s+", 6)


def _date(found: Found) -> list[str] | None:
    return numbers.date(found["day"], found["month"], found["year"])


def _slashed_date(found: Found) -> list[str] | None:
    month, day = found["month"], found["day"]
    if int(month) > 12:
        month, day = day, month
    return numbers.date(day, month, found["year"])


def _day_before_month(found: Found) -> list[str] | None:
    if not 1 <= int(found["day"]) <= 31:
        return None
    return [*([] if _after_the(found) else ["the"]), *numbers.ordinal(found["day"]), "of"]


def _day_after_month(found: Found) -> list[str] | None:
    return numbers.ordinal(found["day"]) if _after_month(found) and 1 <= int(found["day"]) <= 31 else None


def _clock(found: Found) -> FigureReading:
    parts = found.groupdict()
    words = numbers.clock(found["h"], parts.get("m") or "00", parts.get("s") or "", found["half"] or "")
    if parts.get("tenths"):
        words += ["point", *numbers.digits(found["tenths"])]
    if found["half"]:
        return FigureReading(words[:-2], words[-2:], "half a day")
    if words[-1] in ("o'clock", "hundred"):
        return FigureReading(words[:-1], words[-1:], "hour")
    return FigureReading(words)


def _military(found: Found) -> list[str]:
    hours, minutes = found["h"], found["m"]
    words = ["zero", *numbers.cardinal(hours[1])] if hours[0] == "0" else numbers.cardinal(hours)
    if minutes == "00":
        return [*words, "hundred"]
    return [*words, *(["zero", *numbers.cardinal(minutes[1])] if minutes[0] == "0" else numbers.cardinal(minutes))]


_HALF = r"(?:\s?(?P<half>[aApP])(?:\.\s?[mM]\b\.?|[mM]\b))"
_HOUR = r"(?P<h>[01]?[0-9]|2[0-3])"
_BOOK = (
    "Verses?|Genesis|Exodus|Leviticus|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Job|Psalms?|Proverbs|Ecclesiastes"
    "|Isaiah|Jeremiah|Ezekiel|Daniel|Hosea|Amos|Matthew|Mark|Luke|John|Acts|Romans|Corinthians|Galatians|Ephesians"
    "|Hebrews|James|Peter|Revelation|Sura"
)
_after_book = behind(rf"\b(?:{_BOOK})\s+", 16)


def _verse(found: Found) -> list[str] | None:
    return [*numbers.cardinal(found["chapter"]), *numbers.cardinal(found["verse"])] if _after_book(found) else None


DATES = [
    rule("date", r"(?P<year>[0-9]{4})([-/])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})", _date, r"(?![0-9]|[-/][0-9])",
         needs="-/"),
    rule("date", r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4}|[0-9]{2})", _slashed_date, needs="/"),
    rule("date", r"(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})-(?P<year>[0-9]{4})", _slashed_date, needs="-"),
    rule("date", r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})", _date, needs="."),
]

TIMES = [
    rule("verse", r"(?P<chapter>[0-9]{1,3}):(?P<verse>[0-9]{1,3})", _verse, needs=":"),
    rule("clock", rf"{_HOUR}[:.](?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9]))?{_HALF}", _clock, needs=":."),
    rule("clock", rf"{_HOUR}:(?P<m>[0-5][0-9])(?::(?P<s>[0-5][0-9])(?:\.(?P<tenths>[0-9]+))?)?(?P<half>)", _clock,
         r"(?![0-9]|:[0-9])", needs=":"),
    rule("clock", rf"(?P<h>1[0-2]|[1-9]){_HALF}", _clock),
    rule("clock", r"(?P<h>[01][0-9]|2[0-3])(?P<m>[0-5][0-9])(?=\s?(?:hours|hrs|GMT|UTC)\b)", _military, needs="hGU"),
    rule("lap", r"(?P<minutes>[0-9]{1,2}):(?P<seconds>[0-5][0-9]\.[0-9]+)", lambda m: [
        *numbers.cardinal(m["minutes"]), *numbers.cardinal(m["seconds"].lstrip("0"))], needs=":"),
]

DAYS = [
    rule("day", rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?=\s(?:of\s)?(?:{MONTH})\b(?!\s*[0-9]{{1,2}}\b))(?!\sof)",
         _day_before_month, needs=CAPITALS),
    rule("day", r"(?P<day>[0-9]{1,2})", _day_after_month),
    rule("decade", r"(?P<figures>(?:1[1-9]|20)[0-9]0|[1-9]0)'?s", lambda m: numbers.decade(m["figures"]), END,
         needs="s"),
]  # fmt: skip
