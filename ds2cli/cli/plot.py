"""`ds2 plot`: pictures of a run, of one utterance, and of what one output listens to."""

from pathlib import Path
from typing import Annotated

import typer

from ds2cli.cli import terminal
from ds2cli.cli.conventions import EPILOG, SETTINGS
from ds2cli.cli.flags import Channel, to_channel

app = typer.Typer(
    help="Pictures (svg, png, pdf) of a run, of an utterance, of what an output listens to.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=SETTINGS,
)

Model = Annotated[Path, typer.Argument(metavar="MODEL", help="a run folder or a checkpoint")]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="a manifest (- is stdin), or an audio file")]
Wanted = Annotated[str | None, typer.Option("--id", metavar="ID", help="which of the manifest; the first if not named")]
Picture = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="the picture")]


@app.command("curve", epilog=EPILOG)
def curve(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="a run folder, or its metrics.jsonl")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="not RUN/curve.svg")] = None,
) -> None:
    """A run's learning curve: loss above, word and character error rates below, the best marked."""
    from ds2cli.workflows.plot import plot_curve

    terminal.write(str(plot_curve(run, output)))


@app.command("utterance", epilog=EPILOG)
def utterance(
    model: Model,
    source: Source,
    wanted: Wanted = None,
    channel: Channel = None,
    output: Picture = Path("utterance.svg"),
) -> None:
    """One utterance: its spectrogram, the posteriors of the units over time, and the words heard beneath."""
    from ds2cli.workflows.plot import plot_utterance

    terminal.say(f"heard: {plot_utterance(model, source, wanted, output, to_channel(channel))}")
    terminal.write(str(output))


@app.command("sensitivity", epilog=EPILOG)
def sensitivity(
    model: Model,
    source: Source,
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="the output: a letter, <space>, <blank>")],
    wanted: Wanted = None,
    frame: Annotated[int | None, typer.Option("--frame", metavar="N", help="at which output frame, from 0")] = None,
    seconds: Annotated[float | None, typer.Option("--time", metavar="S", help="or at which second")] = None,
    channel: Channel = None,
    output: Picture = Path("sensitivity.png"),
) -> None:
    """What one output listens to: the gradient of its log-probability over the spectrogram's time and frequency.

    Without --frame or --time: where the unit is likeliest (Graves et al. 2013, arXiv:1303.5778, figure 3).
    """
    from ds2cli.workflows.plot import plot_sensitivity

    place, probability = plot_sensitivity(model, source, wanted, unit, frame, seconds, output, to_channel(channel))
    terminal.say(f"`{unit}` at frame {place.frame}: probability {probability:.3f}")
    terminal.write(str(output))
