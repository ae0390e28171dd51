"""`ds2 plot`: pictures of a run, of one utterance, and of what one output listens to."""

from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.conventions import EPILOG, SETTINGS
from ds2cli.cli.flags import Channel, to_channel

app = typer.Typer(
    help="Plot runs and utterances (svg, png, pdf).",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

Model = Annotated[Path, typer.Argument(metavar="RUN", help="run folder or checkpoint")]
Source = Annotated[str, typer.Argument(metavar="INPUT", help="an audio file, or records; - is stdin")]
Wanted = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="draw the record of this id", show_default="the first")
]
Picture = Annotated[Path, typer.Option("-o", "--output", help="the picture to write")]


@app.command("curve", epilog=EPILOG)
def curve(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="run folder, or its metrics.jsonl")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="the picture to write", show_default="RUN/curve.svg")
    ] = None,
) -> None:
    """Draw a run's learning curve.

    Loss is above, word and character error rates are below, and the best is marked.
    """
    from ds2cli.workflows.plot import plot_curve

    terminal.write_line(str(plot_curve(run, output)))


@app.command("utterance", epilog=EPILOG)
def utterance(
    model: Model,
    source: Source,
    wanted: Wanted = None,
    channel: Channel = None,
    output: Picture = Path("utterance.svg"),
) -> None:
    """Draw an utterance: its spectrogram, the units' probabilities over time, and the words."""
    from ds2cli.workflows.plot import plot_utterance

    terminal.say(f"heard: {plot_utterance(model, source, wanted, output, to_channel(channel))}")
    terminal.write_line(str(output))


@app.command("sensitivity", epilog=EPILOG)
def sensitivity(
    model: Model,
    source: Source,
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="the output: a letter, <space>, <blank>")],
    wanted: Wanted = None,
    frame: Annotated[
        int | None,
        typer.Option("--frame", help="at this output frame, from 0", show_default="where the unit is most probable"),
    ] = None,
    seconds: Annotated[float | None, typer.Option("--time", help="or at this time in seconds")] = None,
    channel: Channel = None,
    output: Picture = Path("sensitivity.png"),
) -> None:
    """Plot which part of the input an output depends on.

    This is the gradient of its log-probability over the spectrogram's time and frequency (Graves et al. 2013,
    arXiv:1303.5778, figure 3).
    """
    from ds2cli.workflows.plot import plot_sensitivity

    place, probability = plot_sensitivity(model, source, wanted, unit, frame, seconds, output, to_channel(channel))
    terminal.say(f"`{unit}` at frame {place.frame}: probability {probability:.3f}")
    terminal.write_line(str(output))
