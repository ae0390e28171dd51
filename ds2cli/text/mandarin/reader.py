"""Mandarin as it is read aloud: one character after another, nothing between them.

Latin letters stay, in lower case: mixed Chinese and English is common in speech, and Deep Speech 2's Mandarin units
hold the Roman alphabet for that reason (Amodei et al. 2016, arXiv:1512.02595, section 3.9). Traditional characters stay
traditional.
"""

import re
import unicodedata

from ds2cli.text.mandarin.numbers import PATTERNS
from ds2cli.text.spans import Folded, Normalised, Speech, reason_to_drop

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<han>[{_HAN}]+)
    |(?P<latin>[A-Za-z]+)
    |(?P<figures>(?=(?:(?<![A-Za-z0-9])[-+])?\.?[0-9]|[¥$€£]\ ?[0-9]))
    |(?P<script>[^\W\d_]+)
    |(?P<other>\S)
    )""",
    re.VERBOSE,
)
_SYMBOLS = {"&": "和", "%": "百分之", "+": "加", "=": "等于", "×": "乘", "÷": "除以", "°": "度"}
# What NFKC leaves as it is, or turns into what cannot be read.
_PLAIN = {"〇": "零", "￥": "¥", "℃": "°C", "℉": "°F", "～": "~", "〜": "~", "–": "-", "—": "-", "−": "-", "…": "…"}


def fold(character: str) -> str:
    """Full-width, circled and compatibility forms -> their plain character; accents fall off Latin letters."""
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""
    plain = unicodedata.normalize("NFKC", character).replace("⁄", "/")
    if plain.isascii():
        return plain
    letters = "".join(part for part in unicodedata.normalize("NFKD", plain) if unicodedata.category(part) != "Mn")
    return letters if letters.isascii() and letters else plain


def read(text: str) -> Normalised:
    """The spoken form of Mandarin text, with the source of each character and a count of what was left out."""
    source = Folded(text, fold)
    speech = Speech(source)
    text, at = source.text, 0
    while token := _TOKEN.match(text, at):
        kind = token.lastgroup or "other"
        start, at = token.span(kind)
        if kind in ("han", "latin"):
            for offset in range(start, at):
                speech.say((text[offset].lower(),), offset, offset + 1)
        elif kind == "figures":
            at = _figures(text, start, speech)
        elif text[start:at] in _SYMBOLS:
            speech.say(_SYMBOLS[text[start:at]], start, at)
        else:
            speech.drop(reason_to_drop(text[start]), text[start:at])
    return speech.result("")


def _figures(text: str, start: int, speech: Speech) -> int:
    """Say what stands at text[start:], which begins with a figure, its sign or its currency; returns where it ends."""
    for pattern, reading in PATTERNS:
        found = pattern.match(text, start)
        if found and (words := reading(found)) is not None:
            speech.say(words, *found.span())
            return found.end()
    raise ValueError(f"no reading for {text[start : start + 20]!r}")
