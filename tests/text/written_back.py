"""The tables of readings read backwards: what must stand in the written form of a reading."""

import re
import unicodedata
from decimal import Decimal

from ds2cli.text.english.abbreviations import MONTHS

_FRACTIONS = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}
_ADDRESS = r"[\w.-]+@[\w.-]+\w|\b(?:\w+\.)+(?:com|org|net|uk|edu)\b"
_ROMAN = re.compile(r"\b(?=[IVXLMDC]{2,})M*(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")


def first_form(reading: str) -> str:
    """The first reading that a line of the English table allows: all that may be left out, the first of choices."""
    text = reading.split("|")[0]
    while (group := re.search(r"\(([^()]*)\)", text)) is not None:
        text = text[: group.start()] + group[1].split("/")[0] + text[group.end() :]
    return " ".join(text.split())


def _date(year: str, month: str, day: str) -> str:
    return f"{MONTHS[int(month) - 1]} {int(day)} {year}"


# Ways of writing that are as good as each other become the one on the right, in the table and in what is written.
_ALIKE = [
    (r"[\u2009'](?=\d{3})|(?<=\d)[ ](?=000\b|\d{3} \d{3}\b)|(?<=\d),(?=\d\d)|(?<=\d \d{3}) (?=\d{3}\b)", ""),
    (r"[–—−]", "-"), (r"⁻", "-"), (r"\bten\b", "10"), (r"\btwenty-three\b", "23"), (r"\b(\d{1,3})000000\b", r"\1"),
    (r"\b(19|20)(\d\d)[-/](\d\d)[-/](\d\d)\b", lambda m: _date(m[1] + m[2], m[3], m[4])),
    (r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)\b", lambda m: _date(m[3], m[1], m[2])),
    (r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b", lambda m: _date(m[3], m[2], m[1])),
    (r"\b(1[0-2]|[1-9])[:.]00(?= ?[ap]\.?m)", r"\1"), (r"(?<=\d)\.(?=\d\d ?[ap]\.?m)", ":"),
    (r"(?<![\d.])(\d{1,2}):00(?![:\d])", r"\1"), (r"\b0(?=\d:\d\d)", ""), (r"(\d):(\d)(?!\d)", r"\1 \2"),
    (r"\b(16):(9)\b", r"\1 \2"),
    (r"(?:us|ca?|a)(?=\$)", ""), (r"(\d[\d.]*)\s?(?:usd|eur)\b|(\d[\d.]*)\s?€", lambda m: f"${m[1] or m[2]}"),
    (r"(?:eur|chf) (?=\d)|[£€¥₹]", "$"), (r"\$0?\.(\d\d)\b", lambda m: str(int(m[1]))),
    (r"\$\((\d+)\)", r"$\1"), (r"-\$", "$-"),
    (r"(\d)\s?(?:pounds|dollars|euros|yen|rupees|francs|swiss francs)\b", r"\1"), (r"\$(?=-?\d)", ""),
    (r"(\d)\s?(?:k|thousands?)\b", r"\g<1>000"), (r"(\d)\s?(m|bn|b|tn)\b", r"\1"), (r"¢|(?<=\d)[cp]\b", ""),
    (r"(\d)\s?%\s?-\s?(\d[\d.]*)\s?%", r"\1-\2%"), (r"\s?%|\s?per ?cent", "%"),
    (r"(?<![\d.])\.(?=\d)", "0."),
    (r"(\d)(?:st|nd|rd|th|d)\b", r"\1"), (r"(?<=\d)(?:-| - | to (?:the )?)(?=-?\d)", " "),
    (r"°[cf]?-(?=\d)", " "), (r"(\d)\s?°\s?[cf]?", r"\1 "), (r"(\d)['\"](?=[\d\s.])", r"\1 "),
    (r"(?<=\d)[x×](?=\d)|(?<=\d) [x×] (?=\d)", " "),
]  # fmt: skip


_NO_INITIALS = ("AM", "PM", "USD")


def marks_of(text: str, spoken: str, kind: str) -> list[str]:
    """What print has and speech has not, in order: figures (small whole numbers may be words), initials, addresses.

    spoken  the reading: only capitals that are said letter by letter are initials
    kind    the class of the line: in telephones grouping is free
    """
    initials = [re.sub(r"[^A-Z]", "", word) for word in re.findall(r"\b(?:[A-Z]\.?){2,}(?:s\b)?(?!\$)", text)]
    letters = f" {spoken} ".replace("'s", "")
    initials = [word for word in initials if word not in _NO_INITIALS and f" {' '.join(word.lower())} " in letters]
    for sign, plain in _FRACTIONS.items():
        text = re.sub(rf"(?<=\d)\s?-?{sign}", f" {plain}", text).replace(sign, plain)
    text = re.sub(r"[①-⑳]", lambda m: f" {int(unicodedata.numeric(m[0]))} ", text)
    if kind in ("roman", "date"):
        text = _ROMAN.sub(lambda m: str(_value(m[0])), text)
        text = re.sub(r"\b(?:xii|ix)\b", lambda m: str(_value(m[0].upper())), text)
    text = text.lower()
    addresses = re.findall(_ADDRESS, text)
    text = re.sub(_ADDRESS, " ", text)
    if kind == "telephone":
        text = re.sub(r"(?<=\d)[-. ()/]+(?=\d)|\+|\(", "", text)
    for pattern, becomes in _ALIKE:
        text = re.sub(pattern, becomes, text)
    figures = "".join(re.findall(r"[\d./:%+ -]", re.sub(r"[a-z,&;!?()#'\"]+", " ", text)))
    words = [word.strip(".:-/+") for word in figures.split()]
    return [*filter(lambda word: word and not re.fullmatch(r"-?\d", word), words), *initials, *addresses]


def _value(numeral: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[letter] for letter in numeral]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


# --- Mandarin ---------------------------------------------------------------------------------------------------------

_BIG = re.compile(r"(?=[\d.]+[亿億万萬千])(?:([\d.]+)[亿億])?(?:([\d.]+)[万萬])?(?:(\d+)千(?!米|克))?(\d*)")
_ZEROS = str.maketrans("〇○◯０", "0000")


def first_mandarin_form(reading: str) -> str:
    """The first reading that a line of the Mandarin table allows."""
    text = re.sub(r"\(([^()/]*)\)", r"\1", reading.split("|")[0])
    return re.sub(r"\(([^()/]*)/[^()]*\)", r"\1", text)


def mandarin_marks_of(text: str) -> list[str]:
    """The figures of a text, in order; without those below ten, which may be characters."""
    for sign, plain in _FRACTIONS.items():
        text = re.sub(rf"(?<=\d){sign}", f" {plain}", text).replace(sign, plain)
    text = re.sub(r"[二三一四五六七八九零〇○◯０0]{4}", _in_figures, text)
    text = unicodedata.normalize("NFKC", text.translate(str.maketrans("²³", "  "))).lower()
    text = re.sub(r"(?<=\d),(?=\d{3})|(?<=\d)\.00\b", "", text)
    text = re.sub(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)", r"\1 \2 \3", text)
    text = re.sub(r"(\d{4})/(\d\d)(?!\d)", r"\1 \2", text)
    text = re.sub(r"(\d+)%?\s?[-~～–—到至]\s?(\d+%)", r"\1% \2", _BIG.sub(_in_full, text))
    text = re.sub(r"\b(?:\+?86[- ])?(?:0\d{2,3}|1[3-9]\d|[48]00)[- ]\d{3,}(?:[- ]\d{4})?", _without_marks, text)
    figures = re.findall(r"\d[\d./%‰]*", re.sub(r"(?<=\d)[年月日号時时点點分秒:：-]", " ", text))
    words = [re.sub(r"^0+(?=\d)", "", word.strip("./")) for word in figures]
    return [word for word in words if not re.fullmatch(r"\d", word)]


def _without_marks(found: re.Match[str]) -> str:
    return re.sub(r"\D", "", found[0])


def _in_figures(found: re.Match[str]) -> str:
    return found[0].translate(_ZEROS).translate(str.maketrans("一二三四五六七八九零", "1234567890"))


def _in_full(found: re.Match[str]) -> str:
    scales = (10**8, 10**4, 10**3, 1)
    value = sum(Decimal(figures) * scale for figures, scale in zip(found.groups(), scales, strict=True) if figures)
    return f"{value:f}".split(".")[0]
