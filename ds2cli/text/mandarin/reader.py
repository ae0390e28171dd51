"""Mandarin as it is read aloud: one character after another, nothing between them but the spaces of Latin words.

Latin letters stay, in lower case: mixed Chinese and English is common in speech, and Deep Speech 2's Mandarin units
hold the Roman alphabet for that reason (Amodei et al. 2016, arXiv:1512.02595, section 3.9). Traditional characters stay
traditional.
"""

import re
import unicodedata

from ds2cli.text.mandarin.numbers import PATTERNS, cardinal
from ds2cli.text.spans import MARKUP, Folded, Normalised, Speech, reason_to_drop

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_ENDS = "年月日点點号號时時"  # of what a range begins with
_AMOUNT_ENDS = re.compile(r"[0-9](?:[万亿千百萬億]?[元米岁歲度楼樓级級分秒天个個]?|[%‰]|°[CF]?|[A-Za-z]{1,3})$")
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<han>[{_HAN}]+)
    |(?P<figures>(?=(?:(?<![A-Za-z0-9{_ENDS}])[-+])?(?:(?<![A-Za-z])\.)?[0-9]|(?:(?:US|HK|NT|A|C)?\$|[¥€£])\ ?[0-9]))
    |(?P<latin>[A-Za-z]+)
    |(?P<markup>{MARKUP})
    |(?P<script>[^\W\d_A-Za-z{_HAN}]+)
    |(?P<other>\S)
    )""",
    re.VERBOSE,
)
_SYMBOLS = {"&": "和", "%": "百分之", "+": "加", "=": "等于", "×": "乘", "÷": "除以", "°": "度"}
_CIRCLES, _NUMERALS = "○◯", "零一二三四五六七八九"  # a circle among numerals is the zero that 〇 is
# What NFKC leaves as it is, or turns into what cannot be read.
_PLAIN = {"〇": "零", "￥": "¥", "℃": "°C", "℉": "°F", "～": "~", "〜": "~", "–": "-", "—": "-", "−": "-", "…": "…"}


def fold(character: str) -> str:
    """Full-width, circled and compatibility forms -> their plain character; accents fall off Latin letters."""
    if character in _PLAIN:
        return _PLAIN[character]
    plain = unicodedata.normalize("NFKC", character).replace("⁄", "/")
    if unicodedata.category(character) in ("Mn", "Cf") or unicodedata.category(plain[:1] or "a") == "Mn":
        return ""  # the voicing marks of half-width kana too
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith("<fraction>"):
        return f" {plain}"  # so that 1½ is not 11/2
    if decomposition.startswith("<super>") and plain in "0123456789−":
        return "^" + plain.replace("−", "-")
    if plain.isdecimal() and decomposition.startswith("<circle>"):
        return cardinal(plain)
    if plain.isascii():
        return plain
    letters = "".join(part for part in unicodedata.normalize("NFKD", plain) if unicodedata.category(part) != "Mn")
    return letters if letters.isascii() and letters else plain


def read(text: str) -> Normalised:
    """The spoken form of Mandarin text, with the source of each character and a count of what was left out."""
    source = Folded(text, fold)
    speech = Speech(source)
    text, at, latin = source.text, 0, ""
    while token := _TOKEN.match(text, at):
        kind = token.lastgroup or "other"
        before, (start, at) = at, token.span(kind)
        if kind == "latin" and latin and start > before and len(latin) + at - start > 2:
            speech.say((" ",), before, start)  # words of Latin letters stay apart; letters that are spelled do not
        latin = text[start:at] if kind == "latin" else ""
        if kind in ("han", "latin"):
            for offset in range(start, at):
                speech.say((text[offset].lower(),), offset, offset + 1)
        elif kind == "figures" and not (text[start] in "-+" and _AMOUNT_ENDS.search(text[max(start - 6, 0) : start])):
            at = _figures(text, start, speech)
        elif kind == "markup":
            speech.drop("markup", text[start:at])
        elif reading := _symbol(text, start):
            at = start + 1
            speech.say(reading, start, at)
        else:
            at = max(at, start + 1)
            speech.drop(reason_to_drop(text[start]), text[start:at])
    return speech.result("")


def _symbol(text: str, at: int) -> str | None:
    """What a symbol is read as, where it is: between figures a star is a product, a dash a range."""
    symbol, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if symbol in _CIRCLES and any(one and one in _NUMERALS + _CIRCLES for one in (before, after)):
        return "零"
    ends = before and (before in _ENDS or _AMOUNT_ENDS.search(text[max(at - 6, 0) : at]))
    if ends and (after.isdecimal() or after in ("¥", "$", "€", "£")):
        between = {"*": "乘", "~": "到", "-": "到", ">": "大于", "<": "小于"}
        return between.get(symbol, _SYMBOLS.get(symbol))
    return _SYMBOLS.get(symbol)


def _figures(text: str, start: int, speech: Speech) -> int:
    """Say what stands at text[start:], which begins with a figure, its sign or its currency; returns where it ends."""
    for pattern, reading in PATTERNS:
        found = pattern.match(text, start)
        if found and (words := reading(found)) is not None:
            speech.say(words, *found.span())
            return found.end()
    raise ValueError(f"no reading for {text[start : start + 20]!r}")
