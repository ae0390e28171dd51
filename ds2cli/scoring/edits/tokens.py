"""What counts as a word: runs between spaces, and every character of scripts that write no spaces.

Chinese, Japanese kana and mixed text ("打开 wifi 吧") are scored as characters and words together, as the field's mixed
error rate does; Korean writes spaces and keeps its words.
"""

import re

# Kana, Bopomofo, Han with its extensions and compatibility forms; Thai, Lao, Khmer, Burmese have no agreed unit.
UNSPACED = (
    r"\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_TOKEN = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
_RUN = re.compile(r"\S+", re.ASCII)
_LOOSE_SPACE = re.compile(f"(?<=[{UNSPACED}]) | (?=[{UNSPACED}])")


def split_words(text: str) -> list[str]:
    """The words of a text; each character of an unspaced script is one."""
    return text.split() if text.isascii() else _TOKEN.findall(text)


def split_spaces(text: str) -> list[str]:
    """The runs between ASCII's white space and nothing else, whatever the script: sclite's words."""
    return text.split() if text.isascii() and text.isprintable() else _RUN.findall(text)


def spell(text: str) -> str:
    """The characters that a character error rate counts: one space between words, none beside unspaced scripts."""
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text  # nearly all are: looking is four times as fast as splitting and joining
    text = " ".join(text.split())
    return text if text.isascii() else _LOOSE_SPACE.sub("", text)
