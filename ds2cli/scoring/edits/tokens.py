"""What counts as a word: runs between spaces, and every character of scripts that write no spaces.

Chinese, Japanese kana and mixed text ("打开 wifi 吧") are scored as characters and words together, as the field's mixed
error rate does.
"""

import re

from ds2cli.text.scripts import split_words, without_loose_spaces

__all__ = ["scored_characters", "split_spaces", "split_words"]

_RUN = re.compile(r"\S+", re.ASCII)


def split_spaces(text: str) -> list[str]:
    """The runs between ASCII's white space and nothing else, whatever the script: sclite's words."""
    return text.split() if text.isascii() and text.isprintable() else _RUN.findall(text)


def scored_characters(text: str) -> str:
    """The characters that a character error rate counts: one space between words, none beside unspaced scripts."""
    if text.isascii() and text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:
        return text  # nearly all are: looking is four times as fast as splitting and joining
    return without_loose_spaces(" ".join(text.split()))
