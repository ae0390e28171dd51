"""Error rates as a person reads them: the short table of `ds2 score`."""

from collections.abc import Iterable
from typing import Any

HEADER = ("", "rate %", "errors", "of", "correct", "sub", "del", "ins")


def score_table(summary: dict[str, Any]) -> str:
    """The table of a summary: one row per kind of token, then whole utterances."""
    rows = [HEADER, _row("words", summary["wer"], summary["words"])]
    rows.append(_row("characters", summary["cer"], summary["characters"]))
    right = summary["utterances"] - summary["wrong_utterances"]
    numbers = (summary["wrong_utterances"], summary["utterances"], right)
    rows.append(("utterances", percent(summary["sentence_error_rate"]), *map(str, numbers), "", "", ""))
    return "\n".join(columns(rows))


def _row(name: str, rate: float | None, counts: dict[str, int]) -> tuple[str, ...]:
    kinds = ("errors", "reference", "correct", "substitutions", "deletions", "insertions")
    return (name, percent(rate), *(str(counts[kind]) for kind in kinds))


def percent(rate: float | None) -> str:
    """Two decimals, or n/a."""
    return "n/a" if rate is None else f"{rate:.2f}"


def columns(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    """Rows with the first column to the left and numbers to the right, two spaces between."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [first.ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
