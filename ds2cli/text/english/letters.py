"""Characters to plain ASCII where one stands for the other: accents, ligatures, curly quotes, full-width forms."""

import unicodedata
from functools import lru_cache

# What Unicode's decompositions leave out, or give in a form that cannot be read.
_PLAIN = {
    "’": "'", "‘": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "＇": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "−": "-", "―": "—", "⁄": "/",
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H",
    "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "μ": "µ", "µ": "µ", "\u2126": "Ω", "Ω": "Ω", "\u2009": "\u2009", "\u202f": "\u2009", "\u2007": "\u2009",
    "²": "²", "³": "³", "°": "°", "℃": "°C", "℉": "°F", "№": "No. ", "¢": "¢", "…": "…", "×": "×",
}  # fmt: skip


@lru_cache(maxsize=65536)
def fold(character: str) -> str:
    """One character -> what stands for it in ASCII; a combining mark vanishes; a letter of another script stays."""
    if character in _PLAIN:
        return _PLAIN[character]
    if unicodedata.category(character) == "Mn":
        return ""
    decomposition = unicodedata.decomposition(character)
    if decomposition.startswith("<super>"):
        return character
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if unicodedata.category(part) != "Mn")
    plain = plain.replace("⁄", "/")
    if decomposition.startswith("<fraction>"):
        return f" {plain}"  # so that 1½ is 1 1/2, not 11/2
    if decomposition.startswith("<sub>"):
        return plain  # H₂O
    value = unicodedata.numeric(character, None)
    if unicodedata.category(character) == "No" and value is not None and value.is_integer():
        return f" {int(value)} "  # ①② is one two
    if unicodedata.category(character) == "Nd":
        return str(unicodedata.decimal(character))  # of any script
    return plain if plain.isascii() and plain else character
