"""Errors against latency, as a table and a picture: `python lookahead.py WORK PICTURE`; WORK is lookahead.sh's."""

import json
import sys
from pathlib import Path
from typing import NamedTuple

from ds2cli.reporting.pictures import BLUE, VERMILION, figure, light_grid

FRAMES, BOTH = (0, 10, 20, 40, 80), "both"
WITHIN = 1.05  # of two directions' errors: what the paper says of its lookahead (section 3.7)


class Row(NamedTuple):
    """One network: its errors in per cent, and how many seconds late its words are."""

    name: str
    wer: float
    low: float
    high: float
    algorithmic: float | None = None
    shown: float | None = None  # median


def read(work: Path, name: str) -> Row | None:
    """What a run brought; None where it has not been scored."""
    if not (work / f"{name}.score.json").is_file():
        return None
    score = json.loads((work / f"{name}.score.json").read_text(encoding="utf-8"))
    late: dict[str, float] = {}
    if (work / f"{name}.late.jsonl").is_file():
        lines = (work / f"{name}.late.jsonl").read_text(encoding="utf-8").splitlines()
        late = {one["bench"]: one["ours"] for one in map(json.loads, lines)}
    medians = [value for bench, value in late.items() if bench.startswith("stream/shown/median/") and "100 ms" in bench]
    return Row(name, score["wer"], *score["wer_interval"], late.get("stream/algorithmic latency"), *medians[:1])


def as_markdown(rows: list[Row]) -> str:
    """One line for each network."""
    lines = ["| | WER, % (95 %) | algorithmic latency, s | word's end to the word, median, s |", "|---|---|---|---|"]
    for row in rows:
        kind = "two directions" if row.name == BOTH else f"lookahead {row.name.split('-')[1]}"
        late = [f"{value:.2f}" if value is not None else "-" for value in (row.algorithmic, row.shown)]
        lines.append(f"| {kind} | {row.wer:.1f} ({row.low:.1f} to {row.high:.1f}) | {late[0]} | {late[1]} |")
    return "\n".join(lines)


def draw(rows: list[Row], path: str) -> None:
    """WER by algorithmic latency, and the line of two directions."""
    with figure(path, 5.5, 3.5) as page:
        axes = page.subplots()
        light_grid(axes)
        live = [row for row in rows if row.algorithmic is not None]
        ends = [[row.wer - row.low for row in live], [row.high - row.wer for row in live]]
        axes.errorbar([row.algorithmic for row in live], [row.wer for row in live], ends, color=BLUE, marker="o",
                      capsize=3, label="one direction, with a lookahead")  # fmt: skip
        for row in live:
            axes.annotate(f" {row.name.split('-')[1]}", (row.algorithmic, row.wer), va="bottom")
        for row in rows:
            if row.name == BOTH:
                axes.axhline(row.wer, color=VERMILION, label="two directions")
                axes.axhline(row.wer * WITHIN, color=VERMILION, linestyle=":", label="5 % more errors")
        axes.set(
            title="What it costs to answer early", xlabel="algorithmic latency, s", ylabel="WER, %", ylim=(0, None)
        )
        axes.legend()


def main(work: str, picture: str) -> None:
    found = [read(Path(work), name) for name in (*(f"ahead-{frames}" for frames in FRAMES), BOTH)]
    rows = [row for row in found if row is not None]
    print(as_markdown(rows))
    draw(rows, picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
