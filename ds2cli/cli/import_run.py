"""`ds2 import`: a model of another toolkit becomes a run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal

Toolkit = StrEnum("Toolkit", {"deepspeech.pytorch": "deepspeech.pytorch"})


def import_run(
    toolkit: Annotated[Toolkit, typer.Argument(metavar="TOOLKIT", help="deepspeech.pytorch")],
    checkpoint: Annotated[Path, typer.Argument(metavar="CKPT", help="its checkpoint: Lightning's, or an older .pth")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="RUN", help="the run's folder")],
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help="its labels.json; default: those in CKPT")
    ] = None,
) -> None:
    """A model of another toolkit becomes a run: ds2 decode, ds2 train --init, ds2 export.

    Nothing in the file is run. Networks: two convolutions, LSTM or GRU in one direction (with lookahead) or both;
    log-probs stay what they were. Capitals become small letters, as elsewhere in ds2.

    \b
    ds2 import deepspeech.pytorch librispeech_pretrained_v3.ckpt -o runs/old
    ds2 decode runs/old talk.wav
    """
    from ds2cli.workflows.import_run import import_run as run

    recogniser, found = run(checkpoint, output, labels, terminal.say)
    model = found.config.model
    ways = "both directions" if model.bidirectional else f"one direction, {model.lookahead} frames of lookahead"
    terminal.say(f"{model.rnn_layers} x {model.rnn.upper()} {model.rnn_size}, {ways} · {len(found.units) - 1} units "
                 f"and the blank · {recogniser.n_parameters / 1e6:.1f} M parameters")
    terminal.write(str(output))
