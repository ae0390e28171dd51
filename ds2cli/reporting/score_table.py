"""Scores as a person reads them: the tables of `ds2 score`, and what they mean in words.

Everything here is made from the plain summary that `--json` prints. Nothing depends on the terminal.
"""

from collections.abc import Iterable
from typing import Any

from ds2cli.phrases import first_few

HEADER = ("", "rate %", "95 %", "errors", "of", "correct", "sub", "del", "ins")
UNITS = {"WER": "words", "PER": "phones", "CER": "characters"}  # what the main rate counts, by its name
NAMED = 5
ENOUGH_SEGMENTS = 50  # for the normal distribution that MAPSSWE assumes (Gillick and Cox 1989)


def score_table(summary: dict[str, Any]) -> str:
    """The whole report of a summary, as lines of text."""
    name = summary["rate"]
    rows = [HEADER, _row(UNITS[name], summary["wer"], summary["words"], _interval(summary["wer_interval"]))]
    if name != "CER":
        rows.append(_row("characters", summary["cer"], summary["characters"]))
        rows.append(_row("  without spaces", summary["cer_no_spaces"], summary["characters_no_spaces"]))
    elif summary["characters"] != summary["words"]:  # there are Latin words
        rows.append(_row("  Latin by letter", summary["cer"], summary["characters"]))
    right = summary["utterances"] - summary["wrong_utterances"]
    numbers = (summary["wrong_utterances"], summary["utterances"], right)
    rows.append(("utterances", percent(summary["sentence_error_rate"]), "", *map(str, numbers), "", "", ""))
    if "oracle" in summary:
        rows.append(_row("best of n-best", summary["oracle"]["wer"], summary["oracle"]["words"]))
    lines = list(columns(rows)) + list(_notes(summary))
    for field, groups in summary.get("groups", {}).items():
        lines += ["", *columns(_group_rows(field, groups, name))]
    if "comparison" in summary:
        lines += ["", *comparison_in_words(summary)]
    return "\n".join(lines)


def _row(name: str, rate: float | None, counts: dict[str, int], interval: str = "") -> tuple[str, ...]:
    kinds = ("errors", "reference", "correct", "substitutions", "deletions", "insertions")
    return (name, percent(rate), interval, *(str(counts[kind]) for kind in kinds))


def _interval(interval: tuple[float, float] | None) -> str:
    return f"{interval[0]:.2f}-{interval[1]:.2f}" if interval else ""


def _notes(summary: dict[str, Any]) -> Iterable[str]:
    settings = summary["settings"]
    if settings["normalise"]:
        yield f"both sides normalised: {', '.join(settings['normalise'])}"
    fate = {"empty": "scored as empty", "skip": "left out"}.get(settings["missing"], "missing")
    for key, what in (("without_hypothesis", "hypothesis"), ("without_reference", "reference")):
        if summary[key]:
            yield f"without {what}, {fate}: {some(summary[key])}"
    if summary["ignored"]:
        yield f"segments marked to be ignored: {some(summary['ignored'])}"
    if "latency" in summary:
        median, p95, p99 = (summary["latency"][name] for name in ("median", "p95", "p99"))
        yield f"latency: median {median:.3f}, 95 % below {p95:.3f}, 99 % below {p99:.3f}"


def some(ids: list[str]) -> str:
    """How many, and the first few by name."""
    return f"{len(ids)} ({first_few(ids, NAMED, mark='')})"


def _group_rows(field: str, groups: dict[str, Any], name: str) -> list[tuple[str, ...]]:
    second = "by letter %" if name == "CER" else "CER %"
    rows: list[tuple[str, ...]] = [(field, f"{name} %", second, "utterances", "errors", "of", "sub", "del", "ins")]
    kinds = ("errors", "reference", "substitutions", "deletions", "insertions")
    for label, group in groups.items():
        rates = percent(group["wer"]), percent(group["cer"])
        rows.append((label, *rates, str(group["utterances"]), *(str(group["words"][kind]) for kind in kinds)))
    return rows


def comparison_in_words(summary: dict[str, Any]) -> list[str]:
    """What the comparison with a second system says, for someone who has to decide."""
    comparison = summary["comparison"]
    a, b = summary["wer"], comparison["wer"]
    names = summary["settings"]["hypothesis"], comparison["against"]
    rate = summary["rate"]
    lines = [f"A  {names[0]}: {rate} {percent(a)} %", f"B  {names[1]}: {rate} {percent(b)} %"]
    if a is None or b is None:
        return lines + [f"no reference {UNITS[rate]}, so there is nothing to compare"]
    before, after = summary["words"]["errors"], comparison["words"]["errors"]
    share = f" ({100 * abs(after - before) / before:.1f} % {'fewer' if after < before else 'more'})" if before else ""
    lines.append(f"B makes {after} errors where A makes {before}{share}; the difference is {b - a:+.2f} points")
    if comparison.get("difference_interval"):
        low, high = comparison["difference_interval"]
        better = 100 * comparison["probability_better"]
        lines.append(f"paired bootstrap: 95 % of draws between {low:+.2f} and {high:+.2f}; B better in {better:.1f} %")
    lines += [_mapsswe_in_words(comparison["mapsswe"], before == after)]
    return lines


def _mapsswe_in_words(test: dict[str, Any] | None, equal: bool) -> str:
    if test is None:
        return "MAPSSWE: too few segments that differ to say anything"
    p = "p < 0.001" if test["p"] < 0.001 else f"p = {test['p']:.3f}"
    verdict = "the difference is hardly chance" if test["p"] < 0.05 else "the difference may well be chance"
    if test["segments"] < ENOUGH_SEGMENTS:
        verdict = f"fewer than {ENOUGH_SEGMENTS} segments, too few to rely on"
    verdict = "there is no difference" if equal else verdict
    return f"MAPSSWE: {p} over {test['segments']} segments (z = {test['z']:+.2f}): {verdict}"


def confusion_lines(table: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The most frequent substitutions, deletions and insertions."""
    lines = []
    for kind, rows in table.items():
        lines += ["", kind if rows else f"{kind}: none"]
        for row in rows:
            words = " -> ".join(row[side] for side in ("reference", "hypothesis") if side in row)
            lines.append(f"{row['count']:>7}  {words}")
    return lines


def percent(rate: float | None) -> str:
    """Two decimals, or n/a."""
    return "n/a" if rate is None else f"{rate:.2f}"


def columns(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    """Rows with the first column to the left and numbers to the right, two spaces between."""
    from ds2cli.reporting.aligned import width

    rows = list(rows)
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = [first + " " * (widths[0] - width(first))]
        cells += [cell.rjust(size) for cell, size in zip(rest, widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
