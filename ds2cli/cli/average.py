"""`ds2 average`: several checkpoints become one."""

from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal


def average(
    sources: Annotated[list[Path], typer.Argument(metavar="RUN", help="run folders or checkpoints")],
    output: Annotated[Path, typer.Option("-o", "--output", help="the checkpoint to write")],
    last: Annotated[
        int | None,
        typer.Option("--last", min=1, help="average the last N checkpoints of a run", show_default="all that it kept"),
    ] = None,
) -> None:
    """Average the weights of several checkpoints.

    Prints the path of the new checkpoint on stdout.

    \b
    ds2 train train.jsonl --dev dev.jsonl --run runs/a --set train.keep=5
    ds2 average runs/a -o runs/a/average.safetensors
    ds2 decode runs/a/average.safetensors dev.jsonl | ds2 score
    """
    from ds2cli.workflows.average import average as run

    for path in run(sources, output, last):
        terminal.say(f"averaged {path}")
    terminal.write_line(str(output))
