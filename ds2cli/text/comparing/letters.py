"""Characters to the ones that they are compared as: no case, no accents, plain quotes and hyphens, digits 0 to 9."""

import unicodedata
from functools import lru_cache

_PLAIN = {
    "’": "'", "‘": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "＇": "'", "ʹ": "'",
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "—": " ", "―": " ", "⁄": "/", "∕": "/",
    "ı": "i", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŋ": "ng",
    "°": " degrees ", "×": " times ", "÷": " divided by ", "±": " plus or minus ", "№": " no. ",
    "½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "⅛": " 1/8 ", "⅜": " 3/8 ", "⅝": " 5/8 ",
    "⅞": " 7/8 ", "²": " squared ", "³": " cubed ",
}  # fmt: skip
KEPT_SYMBOLS = "£€¥₹¢"
_ACCENTS = range(0x300, 0x370)


def fold(text: str) -> str:
    """The text without what a comparison must not see; the same for any casing of it."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold, unicodedata.normalize("NFC", text)))


@lru_cache(maxsize=65536)
def _fold(character: str) -> str:
    """One character; what nobody sees or says vanishes, marks and symbols become spaces, other scripts stay."""
    if character in _PLAIN:
        return _PLAIN[character]
    folded = character
    for _ in range(2):  # what a decomposition brings forth may have a case again, and the other way round
        folded = unicodedata.normalize("NFKD", folded.casefold())
    return "".join(_PLAIN.get(part, part) if part.isascii() or part in _PLAIN else _part(part) for part in folded)


def _part(character: str) -> str:
    kind = unicodedata.category(character)
    if ord(character) in _ACCENTS or kind in ("Cf", "Cs"):
        return ""
    if kind == "Nd":
        return str(unicodedata.digit(character))
    if kind == "Cc" or (kind[0] in "PSZ" and character not in KEPT_SYMBOLS):
        return " "
    return character
