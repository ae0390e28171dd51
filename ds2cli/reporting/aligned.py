"""Aligned utterances as REF, HYP and EVAL lines whose words stand above each other, in any script."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

LINE_WIDTH = 100
MARKS = {"correct": "", "substituted": "S", "deleted": "D", "inserted": "I"}


def width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def aligned_lines(alignment: Sequence[tuple[str, str | None, str | None]]) -> list[str]:
    """REF, HYP and EVAL, broken between words into lines of at most 100 columns; `***` where a word is missing."""
    lines: list[str] = []
    block: list[tuple[str, str, str, int]] = []
    used = 6
    for kind, said, understood in alignment:
        size = max(width(said or ""), width(understood or ""), 1)
        if block and used + size + 1 > LINE_WIDTH:
            lines += _block_lines(block)
            block, used = [], 6
        block.append((said or "*" * size, understood or "*" * size, MARKS[kind], size))
        used += size + 1
    return lines + _block_lines(block)


def _block_lines(block: Iterable[tuple[str, str, str, int]]) -> list[str]:
    rows = (("REF:  ", 0), ("HYP:  ", 1), ("EVAL: ", 2))
    block = list(block)
    return [(name + " ".join(_pad(str(column[part]), column[3]) for column in block)).rstrip() for name, part in rows]


def _pad(text: str, size: int) -> str:
    return text + " " * (size - width(text))


def utterance_lines(row: dict[str, Any]) -> list[str]:
    """An utterance's name, its counts and its alignment."""
    counts = " ".join(f"{row[kind]} {kind[:3]}" for kind in ("substitutions", "deletions", "insertions"))
    return ["", f"{row['id']}: {row['errors']} errors of {row['reference']} words ({counts})",
            *aligned_lines(row["alignment"])]
