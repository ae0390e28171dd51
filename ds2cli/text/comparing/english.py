"""English as it is compared: `normalise(text)` is the same for every way of writing the same words.

The form is for comparing, not for reading: it does not depend on case or punctuation, and what is in it already stays
(`comparable(comparable(x)) == comparable(x)`). Numbers are figures, one word for a run of them; compounds and spelled
letters are one word; short forms and contractions are written out; spellings are American. Nothing that somebody said
is left out: hesitations stay (a file of equivalents may drop them), as do words in round brackets.
"""

import re
from functools import lru_cache

from ds2cli.text.comparing import letters
from ds2cli.text.comparing.numbers import (
    ORDINALS,
    PLURALS,
    SCALES,
    SMALL,
    TENS,
    Numbers,
    is_number,
    ordinal,
    ordinal_value,
)
from ds2cli.text.comparing.words import PREFIXES, expand, join, join_letters, spell
from ds2cli.text.english.abbreviations import MONTHS, NUMBERED, RULERS
from ds2cli.text.english.units import DOLLARS

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+)"
CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen", "₹": "rupees", "¢": "cents"}
_MAGNITUDE = r"(?P<magnitude>k|m|mn|b|bn|tn)?(?P<many>s)?(?![a-z0-9])"
MAGNITUDES = {"k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "tn": "trillion"}
_SCALE_WORD = r"(?:\s+(?P<scale>hundred|thousand|million|billion|trillion)(?P<plural>s?)\b)?"

_DOMAIN = "(?:com|org|net|edu|gov|co|uk|de|io|ai|info|py|md|txt|pdf|html|csv|json|zip|exe)"

# Where tags, dots and marks change what the words are; before the text is taken apart. Each with a mark that it needs.
_BEFORE = [
    ("<", re.compile(r"<[^<>\s][^<>]{0,80}>"), " "), ("[", re.compile(r"\[[^\[\]]{0,40}\]"), " "),
    (".", re.compile(r"\bph\.\s?d\b"), "phd"), ("/", re.compile(r"\bkm/h\b"), "kph"),
    (".", re.compile(r"(?<![a-z0-9'])([a-z])\.(?=[a-z](?![a-z']))"), r"\1"),  # u.s.a. (once for each dot)
    (".", re.compile(rf"(?<=[a-z0-9])\.(?=(?:[a-z0-9-]+\.)*{_DOMAIN}\b)"), " dot "),
    ("@", re.compile(r"(?<=[a-z0-9])\.(?=[a-z0-9._-]*@)"), " dot "),
    ("@", re.compile(r"(?<=[a-z0-9])_(?=[a-z0-9._ -]*@)"), " underscore "),
    ("/", re.compile(rf"(?<=\bdot )({_DOMAIN})/(?=[a-z])"), r"\1 slash "),
    (".", re.compile(rf"\b(nos?)\.\s?(?={_NUMBER})"), "number "),
]  # fmt: skip

_TOKEN = re.compile(
    rf"""
    (?P<iso>(?<!\d)(?P<iy>\d{{4}})-(?P<im>\d\d)-(?P<id>\d\d)(?!\d))
    |(?P<slashed>(?<![\d/])(?P<sm>\d{{1,2}})/(?P<sd>\d{{1,2}})/(?P<sy>\d{{4}}|\d\d)(?![\d/]))
    |(?P<dotted>(?<![\d.])(?P<dd>\d{{1,2}})\.(?P<dm>\d{{1,2}})\.(?P<dy>\d{{4}})(?![\d.]))
    |(?P<clock>(?<![\d:])(?P<ch>[01]?\d|2[0-3]):(?P<cm>[0-5]\d)(?P<cs>:[0-5]\d)?(?![\d:]))
    |(?P<money>(?P<of>us|au?|ca?|nz|hk)?(?P<symbol>[$£€¥₹¢])\s?(?:(?P<low>{_NUMBER})\s?-\s?[$£€¥₹¢]?)?
        (?P<amount>{_NUMBER}){_MAGNITUDE}{_SCALE_WORD})
    |(?P<fraction>(?<![\d/])(?P<above>\d{{1,3}})/(?P<below>\d{{1,3}})(?![\d/]))
    |(?P<ordinal>(?<![\d.,])(?P<th>\d{{1,3}}(?:,\d{{3}})+|\d+)\s?(?:st|nd|rd|th)(?![a-z0-9]))
    |(?P<plural_number>(?<![\d.,])(?P<ones>\d+)'?s(?![a-z0-9]))
    |(?P<range>(?<![\d-])(?P<first>{_NUMBER})\s?-\s?(?P<last>{_NUMBER})(?![\d-]))
    |(?P<ratio>(?<!\d)\d+:\d+(?!\d))
    |(?P<minus>(?<![a-z0-9.-])-(?=[.$£€¥₹¢]?\d))
    |(?P<number>{_NUMBER})
    |(?P<sign>[$£€¥₹¢%&@+=#])
    |(?P<word>'?(?:[a-z]|[^\W\d_])(?:[a-z]|[^\W\d_]|[^\x00-\x7f])*(?:'(?:[a-z]|[^\W\d_])+)*'?)
    |(?P<other>[^\x00-\x7f]+)
    """,
    re.VERBOSE,
)
_SIGNS = {**CURRENCIES, "%": "percent", "&": "and", "@": "at", "+": "plus", "=": "equals", "#": "number"}


def comparable(text: str) -> str:
    """The form of a text in which it is compared."""
    folded = letters.fold(text)
    words = folded.split()
    if all(map(_is_plain, words)) and not _LETTERS_IN_A_ROW.search(folded):
        return " ".join(join(words))
    once = _once(folded)
    return once if once == folded else _once(once)


_LETTERS_IN_A_ROW = re.compile(r"\b[ai]\s+[ai]\b")


@lru_cache(maxsize=65536)
def _is_plain(word: str) -> bool:
    """Whether a word stays as it is, or joins a compound at most: so do most, and a text of such is quickly done."""
    if word in ("a", "i"):
        return True
    stays = len(word) > 1 and word.isascii() and word.isalpha() and word not in _ROMAN and word != "war"
    alone = word not in _WITH_NUMBERS and word not in PREFIXES
    return stays and alone and expand(word, "") == [word] and spell(word) == word


def _once(text: str) -> str:
    for mark, pattern, becomes in _BEFORE:
        if mark in text:
            text = pattern.sub(becomes, text)
    words = _numerals(join(join_letters(_spelled(_tokens(text)))))
    if _WITH_NUMBERS.isdisjoint(words) and not any(character.isdigit() for character in text):
        return " ".join(words)
    return " ".join(_times(_dates(_amounts(Numbers(words).read()))))


_HAS_SIGNS = re.compile(r"[\d$£€¥₹¢%&@+=#]")
# Without one of these, and without a figure, there is nothing that the later steps would change.
_WITH_NUMBERS = frozenset({*SMALL, *TENS, *ORDINALS, *PLURALS, *SCALES, "half", "quarter", "degrees", "oclock"})


def _tokens(text: str) -> list[str]:
    """Words and figures; every mark that is neither is gone."""
    if not _HAS_SIGNS.search(text):
        return [found["word"] or found[0] for found in _TOKEN.finditer(text)]
    tokens: list[str] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup  # of groups in groups the outer one closes last
        tokens += _READERS[kind](found) if kind else []
    return tokens


def _figures(number: str) -> str:
    return ("0" if number[0] == "." else "") + number.replace(",", "")


def _money(found: re.Match[str]) -> list[str]:
    low = [_figures(found["low"]), "to"] if found["low"] else []
    magnitude = MAGNITUDES.get(found["magnitude"] or "", "") or found["scale"] or ""
    plural = "s" if found["plural"] else ""
    amount = _figures(found["amount"]) + (found["many"] or "")
    whose = DOLLARS.get((found["of"] or "").upper(), "").replace(" ", "" if found["of"] == "us" else " ").split()
    return [*low, amount, *([magnitude + plural] if magnitude else []), *whose, CURRENCIES[found["symbol"]]]


def _date(year: str, month: str, day: str) -> list[str]:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return [year, month, day]
    return [MONTHS[int(month) - 1], ordinal(str(int(day))), year]


def _slashed(found: re.Match[str]) -> list[str]:
    month, day = found["sm"], found["sd"]
    return _date(found["sy"], *((day, month) if int(month) > 12 else (month, day)))


def _clock(found: re.Match[str]) -> list[str]:
    hours, minutes = str(int(found["ch"])), found["cm"]
    if found["cs"]:
        return [hours, minutes, found["cs"][1:]]
    return [hours, "oclock"] if minutes == "00" and int(hours) <= 12 else [hours, minutes]


def _fraction(found: re.Match[str]) -> list[str]:
    above, below = int(found["above"]), int(found["below"])
    before = found.string[: found.start()].rstrip()
    if before[-1:].isdigit() and (above, below) in ((1, 2), (1, 4), (3, 4)):
        return ["and", *{(1, 2): ["a", "half"], (1, 4): ["a", "quarter"], (3, 4): ["three", "quarters"]}[above, below]]
    if below in (2, 4) and above < below:
        part = {2: "half", 4: "quarter"}[below]
        return [part] if above == 1 else [str(above), "quarters"]
    if 0 < above < below and below in (3, *range(5, 11), 12, 16, 20, 32, 64, 100):
        return [str(above), ordinal(str(below)) if above == 1 else _PARTS[below]]
    return [found["above"], found["below"]]


_PARTS = {3: "thirds", 5: "fifths", 6: "sixths", 7: "sevenths", 8: "eighths", 9: "ninths", 10: "tenths", 12: "twelfths",
          16: "sixteenths", 20: "twentieths", 32: "thirty seconds", 64: "sixty fourths", 100: "hundredths"}  # fmt: skip


def _range(found: re.Match[str]) -> list[str]:
    first, last = _figures(found["first"]), _figures(found["last"])
    is_telephone = (len(first), len(last)) == (3, 4)
    return [first, last] if is_telephone else [first, "to", last]


_READERS = {
    "iso": lambda m: _date(m["iy"], m["im"], m["id"]),
    "slashed": _slashed,
    "dotted": lambda m: _date(m["dy"], m["dm"], m["dd"]),
    "clock": _clock,
    "money": _money,
    "fraction": _fraction,
    "ordinal": lambda m: [ordinal(m["th"].replace(",", ""))],
    "plural_number": lambda m: [m["ones"] + "s"],
    "range": _range,
    "ratio": lambda m: [*m[0].replace(":", " to ").split()],
    "minus": lambda m: ["minus"],
    "number": lambda m: [_figures(m["number"])],
    "sign": lambda m: [_SIGNS[m["sign"]]],
    "word": lambda m: [m["word"]],
    "other": lambda m: [m["other"]],
}


def _spelled(tokens: list[str]) -> list[str]:
    """Contractions written out, then each word in its one spelling."""
    words: list[str] = []
    for at, token in enumerate(tokens):
        if _is_plain(token):
            words.append(token)
        elif "'" in token or not token.isascii() or len(token) > 1:
            following = tokens[at + 1] if at + 1 < len(tokens) else ""
            for word in expand(token, following) if token[0] > "9" or token[0] == "'" else [token]:
                words += spell(word).split()
        else:
            words.append(token)
    return words


_ROMAN = {numeral: value for value, numeral in enumerate(
    "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi xxii xxiii xxiv xxv".split(), 1)}


def _numerals(words: list[str]) -> list[str]:
    """`henry viii`, `chapter iv`, `world war i`: numerals after what is counted with them."""
    if _ROMAN.keys().isdisjoint(words):
        return words
    read: list[str] = []
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        value = _ROMAN.get(word, 0)
        if value and before in RULERS and word != "i":
            read += ["the", ordinal(str(value))]
        elif value and before in NUMBERED and (word != "i" or words[max(0, at - 2) : at] == ["world", "war"]):
            read.append(str(value))
        else:
            read.append(word)
    return read


_UNITS = {
    "km": "kilometers", "m": "meters", "cm": "centimeters", "mm": "millimeters", "kg": "kilograms", "g": "grams",
    "mg": "milligrams", "lb": "pounds", "lbs": "pounds", "oz": "ounces", "ft": "feet", "yd": "yards", "yds": "yards",
    "mi": "miles", "mph": "miles per hour", "kph": "kilometers per hour", "kmh": "kilometers per hour",
    "ml": "milliliters", "l": "liters", "hz": "hertz", "khz": "kilohertz", "mhz": "megahertz", "ghz": "gigahertz",
    "kb": "kilobytes", "mb": "megabytes", "gb": "gigabytes", "tb": "terabytes", "kw": "kilowatts", "mw": "megawatts",
    "ms": "milliseconds", "sec": "seconds", "secs": "seconds", "min": "minutes", "mins": "minutes", "hr": "hours",
    "hrs": "hours", "db": "decibels", "p": "pence", "penny": "pence",
    "pennies": "pence", "k": "thousand", "meter": "meters", "kilometer": "kilometers", "gram": "grams",
    "kilogram": "kilograms", "pound": "pounds", "mile": "miles", "inch": "inches", "foot": "feet", "yard": "yards",
    "ounce": "ounces", "liter": "liters", "hour": "hours", "minute": "minutes", "dollar": "dollars", "euro": "euros",
    "kwh": "kilowatt hours",
    "cent": "cents", "rupee": "rupees", "degree": "degrees", "year": "years", "kilo": "kilograms", "kilos": "kilograms",
}  # fmt: skip
_UNITS |= {f"{unit}{size}": f"{unit}{size}s" for unit in ("milli", "centi", "kilo", "") for size in (
    "meter", "liter", "gram", "second", "watt", "volt") if f"{unit}{size}" not in _UNITS and unit}
_UNITS |= {f"{unit}{size}": f"{unit}{size}s" for unit in ("kilo", "mega", "giga", "tera") for size in ("byte", "bit")}
_UNITS |= {"decibel": "decibels", "megawatt": "megawatts", "gigawatt": "gigawatts"}
_SCALES_OF_HEAT = {"c": "celsius", "f": "fahrenheit"}
_HUNDREDTHS = {"dollars": ("cents",), "euros": ("cents",), "pounds": ("pence",)}


def _amounts(words: list[str]) -> list[str]:
    """What follows a number: units in full and in the plural, cents behind their dollars; signs before it."""
    read: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if word in ("positive", "negative") and at + 1 < len(words) and is_number(words[at + 1]):
            word = {"positive": "plus", "negative": "minus"}[word]
        after_number = bool(read) and is_number(read[-1])
        if word in _SCALES_OF_HEAT and read[-1:] == ["degrees"]:
            word = _SCALES_OF_HEAT[word]
        if after_number and word in _UNITS:
            word = _UNITS[word]
        if after_number and word == "thousand":  # 5 k
            read[-1:] = Numbers([read[-1], word]).read()
            at += 1
            continue
        read += word.split()
        at += 1
        if after_number and word in _HUNDREDTHS:
            at = _cents(read, words, at)
    return read


def _cents(read: list[str], words: list[str], at: int) -> int:
    """`2 dollars and 70 cents` -> 2.70 dollars; 0.36 dollars -> 36 cents; 48.5 -> 48.50, 5.00 -> 5."""
    amount, currency = read[-2:]
    start = at + (words[at : at + 1] == ["and"])
    cents = words[start] if start < len(words) and words[start].isdigit() and len(words[start]) <= 2 else ""
    named = words[start + 1 : start + 2] and _UNITS.get(words[start + 1], words[start + 1]) in _HUNDREDTHS[currency]
    if amount.isdigit() and cents and (named or (start == at and len(cents) == 2)):
        amount, at = f"{amount}.{cents:0>2}", start + 1 + bool(named)
    whole, point, decimals = amount.partition(".")
    if point and len(decimals) <= 2 and decimals.isdigit():
        decimals = decimals.ljust(2, "0")
        amount = whole if decimals == "00" else f"{whole}.{decimals}"
        if not whole.strip("0") and decimals != "00":
            amount, currency = decimals.lstrip("0"), _HUNDREDTHS[currency][0]
    read[-2:] = amount, currency
    return at


_MONTH_NAMES = {month: month for month in MONTHS} | {month[:3]: month for month in MONTHS} | {"sept": "september"}


def _dates(words: list[str]) -> list[str]:
    """`may 3` and `may third`; `3 may`, `the third of may`: days are ordinals, months whole."""
    if _MONTH_NAMES.keys().isdisjoint(words):
        return words
    read: list[str] = []
    for at, word in enumerate(words):
        month = _MONTH_NAMES.get(word)
        following = words[at + 1] if at + 1 < len(words) else ""
        if read and read[-1] in MONTHS and _day_and_year(word):
            read += _day_and_year(word)
        elif month and (day := _day_before(read, word, following)) is not None:
            read[-day:] = [ordinal(str(_day(read[-1 if read[-1] != "of" else -2])))]
            read.append(month)
        elif month and word != month:
            near = following[:1].isdigit() or (read and read[-1][:1].isdigit()) or read[-1:] == ["of"]
            read.append(month if near else word)
        else:
            read.append(word)
    return _day_ranges(read) if "to" in read else read


def _day_ranges(words: list[str]) -> list[str]:
    """`may 3rd to the 5th`, `to 5`: the second day as the first."""
    read: list[str] = []
    at = 0
    while at < len(words):
        if words[at] == "to" and at > 1 and words[at - 2] in MONTHS and ordinal_value(words[at - 1]):
            start = at + 1 + (words[at + 1 : at + 2] == ["the"])
            day, following = [*words[start : start + 2], "", ""][:2]
            if following != "of" and following not in _MONTH_NAMES and (ordinal_value(day) or _day_and_year(day)):
                read += ["to", *(_day_and_year(day) or [day])]
                at = start + 1
                continue
        read.append(words[at])
        at += 1
    return read


def _day(word: str) -> int | None:
    value = ordinal_value(word) or (int(word) if word.isdigit() and len(word) <= 2 else 0)
    return value if 1 <= value <= 31 else None


def _day_before(read: list[str], month: str, following: str) -> int | None:
    """How many of the words before a month belong to its day: `the 3rd of`."""
    of = read[-1:] == ["of"]
    rest = read[:-1] if of else read
    if not rest or _day(rest[-1]) is None:
        return None
    if month in ("may", "march", "mar") and not of and rest[-1].isdigit() and not following[:1].isdigit():
        return None  # `24 may be enough`
    if len(rest) > 1 and rest[-2] in MONTHS:
        return None
    return 1 + of + (len(rest) > 1 and rest[-2] == "the")


def _day_and_year(figures: str) -> list[str]:
    """What follows a month: `3` is a day, `32020` a day and its year."""
    if not figures.isdigit() or figures[0] == "0":
        return []
    day, year = (figures, "") if len(figures) <= 2 else (figures[:-4], figures[-4:])
    is_date = day and 1 <= int(day) <= 31 and (not year or "1000" <= year <= "2099")
    return [ordinal(day), *([year] if year else [])] if is_date else []


_TIMES = frozenset(["oclock", "half", "quarter"])


def _times(words: list[str]) -> list[str]:
    """`10 oclock am` is 10 am; halves and quarters without their article."""
    if _TIMES.isdisjoint(words):
        return words
    read: list[str] = []
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "oclock" and following in ("am", "pm"):
            continue
        while word in ("half", "quarter") and read[-1:] in (["a"], ["1"]):
            read.pop()
        read.append(word)
    return read
