"""`ds2 import`: a model of another toolkit becomes a run."""

from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal


def import_run(
    toolkit: Annotated[str, typer.Argument(metavar="TOOLKIT", help="the toolkit that made it: deepspeech.pytorch")],
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="its checkpoint: .ckpt, or .pth of older releases")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="RUN", help="the run folder to write")],
    labels: Annotated[
        Path | None, typer.Option("--labels", help="its labels.json", show_default="those in the checkpoint")
    ] = None,
) -> None:
    """Convert a model of another toolkit to a run.

    The run works with ds2 decode, ds2 train --init and ds2 export.

    No code in the file is run. Networks: two convolutions, LSTM or GRU in one direction (with lookahead) or both;
    log-probs stay the same. Capitals become lower case, as elsewhere in ds2.

    \b
    ds2 import deepspeech.pytorch librispeech_pretrained_v3.ckpt -o runs/old
    ds2 decode runs/old talk.wav
    """
    from ds2cli.workflows.import_run import import_run as run

    recogniser, found = run(checkpoint, output, labels, terminal.say, toolkit)
    model = found.config.model
    ways = "both directions" if model.bidirectional else f"one direction, {model.lookahead} frames of lookahead"
    terminal.say(
        f"{model.rnn_layers} x {model.rnn.upper()} {model.rnn_size}, {ways} · {len(found.units) - 1} units "
        f"and the blank · {recogniser.n_parameters / 1e6:.1f} M parameters"
    )
    terminal.write_line(str(output))
