"""What one word of print is read as: a short form, letters that are spelled, a Roman numeral."""

import re

from ds2cli.text.english import numbers
from ds2cli.text.english.abbreviations import (
    ALWAYS,
    BEFORE_NAME,
    BEFORE_NUMBER,
    CAPITAL_BEFORE_NUMBER,
    CAPITAL_WITH_STOP,
    COUNTED_OFF,
    DIRECTIONS,
    ERAS,
    MIXED,
    MONTHS,
    NOT_A_STREET,
    NUMBERED,
    RULERS,
    SPELLED,
    STATES,
    STREETS,
    SUFFIXES,
    WEEKDAYS,
    WITH_STOP,
)

DOT_INSIDE = re.compile(r"(?<=[A-Za-z0-9])\.(?=[a-z])")
_NAME_FOLLOWS = re.compile(r"\.\s+[A-Z]|\.[A-Z]\.")
_NUMBER_FOLLOWS = re.compile(r"\.\s?(?:[0-9]|[IVXL]+\b)")
_FIGURE_FOLLOWS = re.compile(r"\s#?[0-9]")
_HEADING_ENDS = re.compile(r"\s*(?:[.,;:)—]|\Z|\n)")
_WORD_BEFORE = re.compile(r"([A-Za-z']+|[0-9]+(?:st|nd|rd|th))\.?\s+\Z")
_STREET_FOLLOWS = re.compile(rf"\.\s(?:[A-Z][a-z]+|[0-9]+(?:st|nd|rd|th))\s(?i:{'|'.join(sorted(STREETS))})\b")
_WEEKDAY = "|".join(sorted((day.capitalize() for day in WEEKDAYS), key=len, reverse=True))
_DAY_FOLLOWS = re.compile(rf"\.?\s?-\s?(?:{_WEEKDAY})\b")
_DAY_BEFORE = re.compile(rf"\b(?:{_WEEKDAY})\.?\s?-\s?\Z")
_POSTCODE_FOLLOWS = re.compile(r"\s+[0-9]{5}\b")
_CITY_BEFORE = re.compile(r"[A-Z][a-z]+,\s\Z")
_ROMAN_RANGE = re.compile(r"-([IVXL]+|[ivxl]+)\b")
_CROWD = re.compile(r"\b[A-Z]{2,}\s+\Z")
# How an English word may begin: `HDMI` is none.
_ONSET = re.compile(
    "[B-DF-HJ-NP-TV-XZ]?[AEIOUY]|[BCFGKPS]L|[BCDFGKPTW]R|S[CHKMNPQTW]|[CGPRSTWK]H|[DT]W|[GKP]N|[PT]S|QU|SCH|SHR|CZ|SV|FJ|VL|XMAS"
)
_JOINED = re.compile("&[A-Z]")
_NEXT_WORD = re.compile(r"\s+([A-Za-z]+)")

_VOWELS = frozenset("AEIOUY")

# Short forms that need no full stop; and all of them. Most words are none, and take the quick way.
BARE_SHORT_FORMS = frozenset({*ALWAYS, "dr"})
SHORT_FORMS = frozenset({*BARE_SHORT_FORMS, *WITH_STOP, *BEFORE_NAME, *BEFORE_NUMBER, "st"})


CAPITAL_FORMS = frozenset({*CAPITAL_WITH_STOP, *CAPITAL_BEFORE_NUMBER, *WEEKDAYS})
SMALL_NUMERALS = frozenset(numbers.to_roman(value).lower() for value in range(2, 40))


def short_form(text: str, word: str, start: int, end: int, mixes_case: bool) -> str | None:
    """The words of a short form, where what stands around it says that it is one; `word` is text[start:end], small.

    mixes_case   whether the text has small letters: only then are capitals a clue
    """
    if word in ALWAYS:
        return ALWAYS[word]
    if text[start:end] in MIXED:
        return MIXED[text[start:end]]
    if word == "dr" or word == "st":
        return _doctor_or_drive(text, word, start, end)
    is_capital = text[start].isupper()
    if is_capital and (spoken := _capitalised(text, word, start, end, mixes_case)):
        return spoken
    if not text.startswith(".", end) or DOT_INSIDE.match(text, end):
        return None
    if word in BEFORE_NUMBER and (_NUMBER_FOLLOWS.match(text, end)):
        return BEFORE_NUMBER[word]
    if is_capital and word in BEFORE_NAME and _NAME_FOLLOWS.match(text, end):
        return BEFORE_NAME[word]
    if is_capital and word in CAPITAL_WITH_STOP and (mixes_case or word not in WEEKDAYS):
        return CAPITAL_WITH_STOP[word]
    return WITH_STOP.get(word)


def _capitalised(text: str, word: str, start: int, end: int, mixes_case: bool) -> str | None:
    """What a capital at its head makes of a word, without a full stop."""
    if word in WEEKDAYS and (
        _DAY_FOLLOWS.match(text, end) or _DAY_BEFORE.search(text, max(0, start - 9), start)
        or word in ("sat", "sun") and re.match(r"\.?,?\s(?:[0-9]|[A-Z][a-z]{2,8}\.?\s[0-9])", text[end : end + 16])
    ):
        return WEEKDAYS[word]
    if word in CAPITAL_BEFORE_NUMBER and _FIGURE_FOLLOWS.match(text, end):
        return CAPITAL_BEFORE_NUMBER[word]
    if word in DIRECTIONS and _STREET_FOLLOWS.match(text, end):
        return DIRECTIONS[word]
    written = text[start:end]
    if len(written) == 2 and written in STATES and _POSTCODE_FOLLOWS.match(text, end) and (
        _CITY_BEFORE.search(text, max(0, start - 20), start)
    ):
        return STATES[written]
    if not mixes_case:
        return " ".join(word) if _is_shouted_initialism(written) else None
    return " ".join(word) if _is_initialism(text, start, end) else None


def _is_shouted_initialism(written: str) -> bool:
    """Whether letters among capitals only, `THE BBC`, can be no word and no numeral."""
    return 2 <= len(written) <= 5 and _VOWELS.isdisjoint(written) and written not in _SOUNDS and (
        not set(written) <= set("IVXLCDM"))


_SOUNDS = frozenset("HM HMM HMMM SH SHH SHHH MM MMM PST PSST PFFT GRR BRR TSK ZZZ NTH MR MRS DR ST MS".split())


def _is_initialism(text: str, start: int, end: int) -> bool:
    """`BBC`, `TV`, `AD`: capitals among small letters that nobody could read as a word; `CO2`; `US`, if not shouted."""
    word = text[start:end]
    if not (2 <= len(word) <= 5 and word.isupper() and word.isalpha()):
        return False
    if word in ERAS or (_VOWELS.isdisjoint(word) and numbers.roman(word) is None):
        return True
    if len(word) <= 3 and (text[end : end + 1].isdigit() or _JOINED.match(text, end) or text[start - 1 : start] == "&"):
        return True
    if word not in SPELLED:
        return len(word) > 2 and not _ONSET.match(word) and not set(word) <= set("IVXLCDM")
    following = _NEXT_WORD.match(text, end)
    shouted = following and len(following[1]) > 1 and following[1].isupper() and following[1] not in SPELLED
    return not shouted and not (word in ("US", "IT", "WHO") and _CROWD.search(text, max(0, start - 12), start))


def joins_days(text: str, at: int) -> bool:
    """Whether the dash at text[at] stands between two days of the week, or two months."""
    return bool(_NAMES_FOLLOW.match(text, at) and _NAMES_BEFORE.search(text, max(0, at - 12), at))


_NAMES = "|".join(sorted({*_WEEKDAY.split("|"), *(f"{day}day" for day in "Mon Tues Wednes Thurs Fri Satur Sun".split()),
                          *(name.capitalize() for name in (*MONTHS, *CAPITAL_BEFORE_NUMBER))},
                         key=len, reverse=True))
_NAMES_FOLLOW = re.compile(rf"-\s?(?:{_NAMES})\b")
_NAMES_BEFORE = re.compile(rf"\b(?:{_NAMES})\.?\s?\Z")


def spelled_suffix(text: str, start: int, end: int) -> str | None:
    """`py` of `setup.py`, letter by letter."""
    word = text[start:end].lower()
    is_suffix = word in SUFFIXES and start > 1 and text[start - 1] == "." and text[start - 2].isalnum()
    return " ".join(word) if is_suffix else None


def _doctor_or_drive(text: str, word: str, start: int, end: int) -> str | None:
    """`Dr. Grey` and `St. Paul`, but `Mulholland Dr.` and `42nd St.`"""
    before = _WORD_BEFORE.search(text, max(0, start - 30), start)
    named = before is not None and (before[1][0].isdigit() or before[1][0].isupper())
    if before is None or before[0].rstrip().endswith("."):
        named = False
    of_street = before is not None and named and before[1].lower() not in NOT_A_STREET
    after = text[end : end + 8]
    if word == "dr":
        return "drive" if of_street and re.match(r"\.?\s*(?:[a-z,;]|\Z)", after) else "doctor"
    is_numbered = before is not None and before[1][0].isdigit()
    if of_street and (after.startswith(".") or text[start] == "S" or is_numbered):
        return "street"
    of_saint = _NAME_FOLLOWS.match(text, end) or (text[start] == "S" and re.match(" [A-Z]", after))
    return "saint" if of_saint else None


def numeral(text: str, start: int, end: int, mixes_case: bool) -> tuple[list[str], int] | None:
    """A Roman numeral after a word that is counted so, or before one; its words and where they end. Else None."""
    written, _, owner = text[start:end].partition("'")
    if (year := numbers.roman_year(written)) and not owner:
        return numbers.year(year), end
    value = numbers.roman(written.upper()) if owner in ("", "s") else None
    if value is None or not (written.isupper() or written.islower()):
        return None
    before = _WORD_BEFORE.search(text, max(0, start - 30), start)
    following = _NEXT_WORD.match(text, end)
    if written.isupper() and len(written) > 1 and following and following[1].lower() in COUNTED_OFF:
        return numbers.ordinal(str(value)), end
    if before is None:
        return None
    spoken = _after_name(text, written, value, before, end, mixes_case)
    if spoken and not owner and (other := _ROMAN_RANGE.match(text, end)):
        last = numbers.roman(other[1].upper())
        if last and spoken == numbers.cardinal(str(value)):
            return [*spoken, "to", *numbers.cardinal(str(last))], other.end()
    if spoken and owner:
        spoken = [*spoken[:-1], spoken[-1] + "'s"]
    return (spoken, end) if spoken else None


def _after_name(
    text: str, written: str, value: int, before: re.Match[str], end: int, mixes_case: bool
) -> list[str] | None:
    """The reading of a numeral behind the word that it counts or the name that it tells from others."""
    name, shortened = before[1].lower(), before[0].rstrip().endswith(".")
    counts = name in NUMBERED or name in BEFORE_NUMBER
    if written.islower():
        small = counts and shortened == (name in BEFORE_NUMBER) and written in SMALL_NUMERALS
        return numbers.cardinal(str(value)) if small else None
    if shortened != (name in BEFORE_NUMBER) or not (shortened or before[1][0].isupper()):
        return None
    if counts:
        # `Chapter I` at the head of a page, but `In Chapter I said`; `Part I begins`, for nobody begins so of oneself
        heads = _HEADING_ENDS.match(text, end) or re.match(r"-[IVX]|\s[a-z]+[^s\W]s\b", text[end : end + 20])
        alone = value > 1 or heads or _WORLD.search(text, max(0, before.start() - 6), before.start())
        return numbers.cardinal(str(value)) if alone else None
    if name in RULERS and (value > 1 or _titled(text, before.start())):
        return ["the", *numbers.ordinal(str(value))]
    if value > 1 and _FORENAME.search(text, max(0, before.start() - 20), before.start()):
        return ["the", *numbers.ordinal(str(value))]
    plain = len(written) > 1 and value < 40 and mixes_case and not before[1].isupper()
    return numbers.cardinal(str(value)) if plain and re.fullmatch("[IVX]+", written) and name not in RULERS else None


# `John Smith III` and `Henry J. Ford II` are people, `Star Wars V` is none.
_FORENAME = re.compile(
    r"\b(?:John|James|Robert|William|Thomas|Charles|George|Henry|Edward|Richard|Joseph|Samuel|David|Daniel|Michael|Walter"
    r"|Arthur|Frank|Frederick|Albert|Benjamin|Andrew|Peter|Paul|Philip|Alexander|Francis|Howard|Harold|Louis|Martin|Mark"
    r"|Matthew|Patrick|Stephen|Steven|Theodore|Anthony|Donald|Douglas|Eugene|Ralph|Raymond|Roy|Stanley|Winthrop|Sammy"
    r"|Jack|Harry|Jim|Bill|Bob|Tom|Ted)\s(?:[A-Z]\.\s)?\Z"
)
_WORLD = re.compile(r"\bWorld\s\Z")
_TITLE = re.compile(r"\b(?:King|Queen|Pope|Emperor|Tsar|Czar|Prince|Sultan)\s+\Z")


def _titled(text: str, start: int) -> bool:
    return bool(_TITLE.search(text, max(0, start - 10), start))
