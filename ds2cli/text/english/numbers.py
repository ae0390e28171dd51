"""Digits to English words: cardinals, ordinals, years, fractions, and the forms that numbers take in print.

num2words (LGPL) spells integers, ordinals and years; what a string of digits *is* (a year, a price, a time of day) is
decided here. The functions of this file take strings of ASCII digits and return words without hyphens.
"""

import re
from functools import lru_cache

from num2words import num2words

from ds2cli.text.english.abbreviations import MONTHS
from ds2cli.text.english.units import CURRENCIES, MAGNITUDES, UNITS

Words = list[str]

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Beyond a million million nobody reads a figure as a number.
LONGEST_READ_AS_NUMBER = 13
# `9/11` is no fraction, nor is `24/7`.
DENOMINATORS = frozenset([*range(2, 11), 12, 16, 20, 32, 64, 100, 1000])


@lru_cache(maxsize=8192)
def _spell(value: int, form: str) -> tuple[str, ...]:
    return tuple(num2words(value, to=form).replace("-", " ").replace(",", "").split())


_MARKS = str.maketrans("", "", ",' \u2009")  # what parts thousands


def _bare(figures: str) -> str:
    """Without what parts thousands: a comma, an apostrophe, a space, a thin space."""
    return figures if figures.isdigit() else figures.translate(_MARKS)


def digits(figures: str) -> Words:
    """One by one: `007` is zero zero seven."""
    return [DIGITS[int(figure)] for figure in figures if figure in "0123456789"]


def cardinal(figures: str) -> Words:
    """`1,234.50` -> one thousand two hundred and thirty four point five zero; codes (leading zeros) digit by digit."""
    whole, _, decimals = _bare(figures).partition(".")
    if len(whole) > LONGEST_READ_AS_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        words = digits(whole)
    else:
        words = list(_spell(int(whole), "cardinal")) if whole else []
    return [*words, "point", *digits(decimals)] if decimals else words


def ordinal(figures: str) -> Words:
    """`22` -> twenty second."""
    figures = _bare(figures)
    return list(_spell(int(figures), "ordinal")) if len(figures) <= LONGEST_READ_AS_NUMBER else digits(figures)


def year(figures: str) -> Words:
    """`1906` -> nineteen oh six."""
    return list(_spell(int(figures), "year"))


def looks_like_year(figures: str) -> bool:
    """Four bare digits from 1010 to 2099: read in pairs, which suits `1500 men` as well as dates."""
    return len(figures) == 4 and figures.isdigit() and "1010" <= figures <= "2099"


def number(figures: str) -> Words:
    """A number that nothing beside it explains."""
    return year(figures) if looks_like_year(figures) else cardinal(figures)


def version(figures: str) -> Words:
    """`3.1.4` -> three point one point four."""
    first, *others = (cardinal(part) for part in figures.split("."))
    return first + [word for part in others for word in ("point", *part)]


def decade(figures: str) -> Words:
    """`1920` (s) -> nineteen twenties; `90` (s) -> nineties."""
    words = year(figures) if len(figures) == 4 else cardinal(figures)
    return [*words[:-1], plural(words[-1])]


def plural(word: str) -> str:
    """Of a number's word: twenty -> twenties, hundred -> hundreds, six -> sixes."""
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith("x") else "s")


def fraction(above: str, below: str, whole: str = "") -> Words | None:
    """`3/4` -> three quarters; `1 1/2` -> one and a half; None where it is no fraction that people say."""
    numerator, denominator = int(above), int(below)
    if not 0 < numerator < denominator or denominator not in DENOMINATORS:
        return None
    part = {2: "half", 4: "quarter"}.get(denominator) or " ".join(ordinal(below))
    if numerator > 1:
        part = "halves" if part == "half" else part + "s"
    first = ["a"] if whole and numerator == 1 else cardinal(above)
    spoken = [*first, *part.split()]
    return [*cardinal(whole), "and", *spoken] if whole else spoken


def money(symbol: str, figures: str, magnitude: str = "") -> Words:
    """`$5.50` -> five dollars and fifty cents; `£3.5 million` -> three point five million pounds."""
    one, many, hundredth, hundredths = CURRENCIES[symbol]
    whole, _, decimals = _bare(figures).partition(".")
    if magnitude:
        magnitude = magnitude.lower().removesuffix("s")
        return [*cardinal(figures), MAGNITUDES.get(magnitude, magnitude), *many.split()]
    if len(decimals) not in (0, 2):
        return [*cardinal(figures), *many.split()]
    words = [*cardinal(whole), *(one if whole == "1" else many).split()]
    if not decimals.strip("0"):
        return words
    small = [*cardinal(str(int(decimals))), hundredth if decimals == "01" else hundredths]
    return small if whole.strip("0") == "" else [*words, "and", *small]


def power(figures: str) -> Words:
    """The exponent of a number: `2` is squared, `-9` is to the minus ninth."""
    minus, of = (["minus"], figures[1:]) if figures.startswith("-") else ([], figures)
    if figures in ("2", "3"):
        return ["squared" if figures == "2" else "cubed"]
    return ["to", "the", *minus, *ordinal(of)]


def measure(figures: str, unit: str) -> Words:
    """`5 km` -> five kilometers."""
    one, many = UNITS[unit]
    return [*cardinal(figures), *(one if figures == "1" else many).split()]


def clock(hours: str, minutes: str, seconds: str = "", half: str = "") -> Words:
    """`10:05` -> ten oh five; `10:00` -> ten o'clock; with a half (a, p): ten a m."""
    words = cardinal(str(int(hours)))
    if int(minutes):
        words += ["oh", *cardinal(minutes[1])] if minutes[0] == "0" else cardinal(minutes)
    elif not half:
        words += ["hundred"] if int(hours) > 12 else ["o'clock"]
    if seconds and int(seconds):
        words += ["and", *cardinal(str(int(seconds))), "second" if int(seconds) == 1 else "seconds"]
    return [*words, half.lower(), "m"] if half else words


def date(day: str, month: str, in_year: str) -> Words | None:
    """Numbers of a day -> november twentieth twenty twenty six; None where there is no such day."""
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    spoken_year = year(in_year) if len(in_year) == 4 else cardinal(str(int(in_year)))
    return [MONTHS[int(month) - 1], *ordinal(str(int(day))), *spoken_year]


def roman(numeral: str) -> int | None:
    """The value of a Roman numeral below 90 in capitals; None where it is not written as Romans wrote it."""
    values = {"I": 1, "V": 5, "X": 10, "L": 50}
    if not numeral or any(letter not in values for letter in numeral):
        return None
    total = 0
    for letter, after in zip(numeral, [*numeral[1:], ""], strict=True):
        value = values[letter]
        total += -value if after and values[after] > value else value
    return total if to_roman(total) == numeral else None


def roman_year(numeral: str) -> str | None:
    """`MCMXCIX` -> 1999: a year on a title page, in no fewer than four capitals; else None."""
    if len(numeral) < 4 or numeral[0] != "M" or not _ROMAN_YEAR.fullmatch(numeral):
        return None
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter] for letter in numeral]
    following = [*values[1:], 0]
    total = sum(-value if value < after else value for value, after in zip(values, following, strict=True))
    return str(total) if looks_like_year(str(total)) else None


_ROMAN_YEAR = re.compile("M{1,2}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")


def to_roman(value: int) -> str:
    tens, ones = divmod(value, 10)
    if not 0 < value < 90:
        return ""
    return ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX")[tens] + (
        "", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX",
    )[ones]  # fmt: skip
