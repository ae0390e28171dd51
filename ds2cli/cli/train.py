"""`ds2 train`: the flags of a training run, and what a person sees of it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ds2cli.cli import terminal
from ds2cli.cli.flags import Device, given
from ds2cli.cli.help import as_typed
from ds2cli.config import Config
from ds2cli.declarations import declared
from ds2cli.errors import Ds2Error, Exit, UsageError
from ds2cli.phrases import first_few
from ds2cli.settings import Layer, flag_layer, preset_names

NAMED_UNITS = 10


def _complete_preset(incomplete: str) -> list[str]:
    return [name for name in preset_names() if name.startswith(incomplete)]


def _setting(flag: str, name: str) -> Any:
    """A flag of the same meaning and default as a setting."""
    setting = declared(Config)[name]
    return typer.Option(flag, help=setting.meaning, show_default=f"the preset's, or {as_typed(setting.default)}")


def train(
    context: typer.Context,
    manifests: Annotated[
        list[str] | None, typer.Argument(metavar="RECORDS", help="records to train on; - is stdin")
    ] = None,
    dev: Annotated[
        str | None, typer.Option("--dev", metavar="FILE", help="records for evaluation after every epoch")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", metavar="RUN", help="the folder for all files of the run")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="continue this interrupted run")
    ] = None,
    init: Annotated[
        Path | None, typer.Option("--init", metavar="RUN", help="start from this run's weights, features and network")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", autocompletion=_complete_preset, help=", ".join(preset_names())),
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="settings as TOML")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="any setting, such as model.rnn_layers=3")
    ] = None,
    units: Annotated[
        Path | None,
        typer.Option("--units", help="units, one per line", show_default="those of --init, or all characters"),
    ] = None,
    epochs: Annotated[int | None, _setting("--epochs", "train.epochs")] = None,
    learning_rate: Annotated[float | None, _setting("--lr", "optimizer.learning_rate")] = None,
    batch_seconds: Annotated[float | None, _setting("--batch-seconds", "batch.seconds")] = None,
    seed: Annotated[int | None, _setting("--seed", "train.seed")] = None,
    device: Device = "auto",
    processes: Annotated[
        int, typer.Option("--processes", "--gpus", min=1, help="train in N processes, each with its own GPU or core")
    ] = 1,
    restarts: Annotated[
        int, typer.Option("--restarts", min=0, help="with --processes: resume up to N times after one of them dies")
    ] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="stop at the first utterance that would be skipped")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only print the settings with their origins")
    ] = False,
) -> None:
    """Train a network on records.

    Prints the path of the best checkpoint on stdout.

    \b
    ds2 train train.jsonl --dev dev.jsonl --preset small --run runs/a
    ds2 train --resume runs/a
    ds2 train mine.jsonl --dev dev.jsonl --init runs/a --run runs/b
    """
    from ds2cli.workflows.train.experiment import Request, asked_experiment, resumed_experiment

    if (resume is None) == (not manifests):
        raise UsageError("name the records to train on, or a run to resume", hint="ds2 train train.jsonl --run runs/a")
    if resume is None and run is None and not dry_run:
        raise UsageError("no folder for the run", hint="add: --run runs/a")
    shortcuts = given(**{
        "train.epochs": epochs, "optimizer.learning_rate": learning_rate, "batch.seconds": batch_seconds,
        "train.seed": seed,
    })  # fmt: skip
    flags = Layer({**flag_layer(assignments or []).values, **shortcuts}, "flag")
    if resume is not None and any((dev, run, init, preset, config, units, flags.values)):
        hint = f"to change one, edit {resume}/config.toml; to begin anew: ds2 train ... --config {resume}/config.toml"
        raise UsageError("a resumed run keeps its data and its settings", hint=hint)
    if processes > 1:
        _launch(processes, restarts, manifests, dry_run, context.find_root().obj)
        return
    folder = resume or run or Path(".")
    request = Request(manifests or [], dev, folder, preset, config, flags, units, init)

    def prepare():
        experiment = resumed_experiment(folder) if resume is not None else asked_experiment(request)
        if strict and experiment.rejected:
            reason = next(iter(experiment.rejected))
            raise Ds2Error(f"{experiment.examples[reason]}", hint="without --strict it is left out and counted")
        return experiment

    if dry_run:
        _print_dry_run(prepare())
    else:
        _run(folder, prepare, device, strict)


def _launch(processes: int, restarts: int, manifests: list[str] | None, dry_run: bool, arguments: list[str]) -> None:
    if manifests and "-" in manifests:
        raise UsageError("several processes cannot share stdin", hint="write the records to a file first")
    if dry_run:
        raise UsageError("--dry-run needs no processes", hint="leave out --processes")
    from ds2cli.workflows.train.launch import launch

    arguments = list(arguments)
    for name in ("--processes", "--gpus", "--restarts"):
        while name in arguments:
            at = arguments.index(name)
            del arguments[at : at + 2]
        arguments = [one for one in arguments if not one.startswith(name + "=")]
    raise typer.Exit(launch(processes, restarts, arguments))


def _print_dry_run(experiment) -> None:
    from ds2cli.settings import to_toml
    from ds2cli.training.memory import estimated_bytes

    terminal.write_line(to_toml(experiment.config, experiment.origins))
    _say_header(experiment, "dry run")
    gigabytes = estimated_bytes(experiment.recogniser, experiment.config) / 1e9
    terminal.say(f"about {gigabytes:.1f} GB for a step, all processes together")


def _run(path: Path, prepare, device: str, strict: bool) -> None:
    from ds2cli.cli.training_view import TrainingView
    from ds2cli.runs.events import StoppedEvent
    from ds2cli.runs.folder import RunFolder
    from ds2cli.training.distributed import is_watched, join_processes, leave
    from ds2cli.workflows.train.train import EndedElsewhere, agreed, run_training

    try:
        process, experiment = agreed(join_processes(device), RunFolder(path), prepare)
    except EndedElsewhere as ending:
        raise typer.Exit(ending.code) from None
    if not process.is_first:
        terminal.session().verbosity = terminal.QUIET
    devices = f"{process.device} x {process.world}" if process.world > 1 else process.device
    _say_header(experiment, devices)
    view = TrainingView(experiment.config, process.device, strict, experiment.units.rate_name)
    stopped = False
    with view:
        for event in run_training(experiment, process, _say_stopping):
            stopped = isinstance(event, StoppedEvent)
            view.show(event)
    leave()
    if not process.is_first:
        return
    view.say_waiting()
    folder = experiment.run
    if stopped:
        terminal.say(f"saved {folder.path} at step {view.step:,}")
        terminal.say(f"hint: continue with: ds2 train --resume {folder.path}")
        raise typer.Exit(Exit.INTERRUPTED)
    view.say_end(folder.path)
    terminal.write_line(str(folder.best))
    terminal.say(f"hint: hear it: ds2 decode {folder.path} AUDIO   ·   its curve: {folder.curve}")
    if (experiment.rejected or view.skipped) and not is_watched():
        raise typer.Exit(Exit.SKIPPED)


def _say_stopping() -> None:
    terminal.say_at_once("stopping after this step; Ctrl-C again stops now")


def _say_header(experiment, device: str) -> None:
    for reason, count in experiment.rejected.items():
        terminal.warn(f"{count:,} left out, {reason}: {experiment.examples[reason]}")
    if experiment.unspelled:
        terminal.warn(
            f"{len(experiment.unspelled):,} of {len(experiment.dev):,} held-out utterances are outside the units, and "
            f"count as they are heard: {experiment.unspelled_because}"
        )
    dev = f" · dev {experiment.dev_hours:.2f} h" if experiment.dev else ""
    terminal.say(
        f"{experiment.hours:.2f} h in {len(experiment.train):,} utterances{dev} · "
        f"{experiment.recogniser.n_parameters / 1e6:.2f} M parameters · {len(experiment.units)} units · {device} · "
        f"seed {experiment.config.train.seed} · {experiment.run.path}"
    )
    if experiment.init:
        named = first_few(experiment.fresh_units, NAMED_UNITS)
        terminal.say(f"initialised from another run · new units: {named or 'none'}")
        for change in experiment.changes:
            terminal.say(f"set otherwise: {change}")
    if experiment.unit_graph:
        terminal.say(f"loss: CTC-CRF over {len(experiment.unit_graph.ends):,} histories of units")
    if experiment.teacher:
        terminal.say(f"learns from other runs, too: {', '.join(experiment.config.loss.teachers)}")
    terminal.detail(f"padding: {100 * experiment.padding_share():.1f} % of the seconds computed")
