"""Scripts that write no spaces: each of their characters is a word, with or without a space beside it.

Chinese and Japanese kana; Korean writes spaces and keeps its words. Thai, Lao, Khmer, Burmese have no agreed unit.
"""

import re

# Kana, Bopomofo, Han with its extensions and compatibility forms.
UNSPACED = (
    r"\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_WORD = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_LOOSE_SPACE = re.compile(f"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])")


def split_words(text: str) -> list[str]:
    """The words of a text; each character of an unspaced script is one (`打开 wifi 吧`: 打, 开, wifi, 吧)."""
    return text.split() if text.isascii() else _WORD.findall(text)


def spaced_out(text: str) -> str:
    """A text with spaces around each character of an unspaced script: what stands between spaces is then a word."""
    return text if text.isascii() else _UNSPACED.sub(r" \g<0> ", text)


def is_unspaced(text: str) -> bool:
    """Whether some character of a text belongs to a script that writes no spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def without_loose_spaces(text: str) -> str:
    """A text with single spaces, and none beside characters of unspaced scripts."""
    return text if text.isascii() else _LOOSE_SPACE.sub("", text)
