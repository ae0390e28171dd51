"""Train: records in, a run folder out."""

import dataclasses
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from ds2cli.audio.features import n_frames
from ds2cli.config import Config
from ds2cli.errors import CheckpointError, Ds2Error, TextError, UsageError
from ds2cli.language.unit_graph import UnitGraph, read_unit_graph
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.network import n_output_frames
from ds2cli.model.recogniser import Recogniser
from ds2cli.model.transfer import transfer
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.reporting.curves import draw_curve
from ds2cli.runs.events import EvaluationEvent, Event, StoppedEvent
from ds2cli.runs.folder import RunFolder, read_utterances, write_text, write_utterances
from ds2cli.runs.lock import held
from ds2cli.settings import Layer, Origins, file_layer, from_toml, preset_layer, resolve, to_toml
from ds2cli.text.units import Units, frames_needed, parse_units, read_units, units_of, write_units
from ds2cli.training.batches import padding_share, plan_epoch
from ds2cli.training.data import SpeechSet, feature_statistics, load_noises
from ds2cli.training.distributed import Process, is_lost_peer, is_restarted, share
from ds2cli.training.loop import Trainer
from ds2cli.training.losses.choice import chosen_losses
from ds2cli.workflows.tensorboard import Board, needs_tensorboard

# Where a launcher starts a run anew, the lock of a dead process may outlive it by a little, over a network.
RESTART_SECONDS = 10.0


@dataclass(frozen=True)
class Request:
    """What a person asked for on the command line."""

    manifests: list[str]
    dev: str | None
    run: Path
    preset: str | None = None
    config_file: Path | None = None
    flags: Layer = Layer({}, "flag")
    units: Path | None = None
    init: Path | None = None


@dataclass
class Experiment:
    """All that a run needs, checked, before the first step.

    rejected  why utterances were left out of training, and how many; `examples` names the first of each
    unspelled  ids of held-out utterances that the units do not spell (their words count as errors); the first's reason
    init      whose weights the network begins with
    unit_graph  the n-gram in the loss, where it has one
    """

    run: RunFolder
    config: Config
    origins: Origins
    units: Units
    train: list[Utterance]
    dev: list[Utterance]
    rejected: Counter = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    unspelled: list[str] = field(default_factory=list)
    unspelled_because: str = ""
    is_resumed: bool = False
    init: Checkpoint | None = None
    unit_graph: UnitGraph | None = None

    @property
    def hours(self) -> float:
        return sum(utterance.duration for utterance in self.train) / 3600

    @property
    def dev_hours(self) -> float:
        return sum(utterance.duration for utterance in self.dev) / 3600

    @cached_property
    def recogniser(self) -> Recogniser:
        """The network as it begins, built once: its weights come from the seed, or from another run.

        raises  CheckpointError where that run's do not fit
        """
        torch.manual_seed(self.config.train.seed)
        recogniser = Recogniser(self.config, self.units)
        if self.init is not None:
            transfer(self.init, recogniser)
        return recogniser

    @property
    def fresh_units(self) -> list[str]:
        """Units that the run it begins with does not know."""
        known = self.init.units.names if self.init else self.units.names
        return [name for name in self.units.names if name not in known]

    def padding_share(self) -> float:
        """Of a shuffled epoch."""
        durations = [utterance.duration for utterance in self.train]
        return padding_share(plan_epoch(durations, self.config.batch, self.config.train.seed, 1), durations)


def settings_of(request: Request) -> tuple[Config, Origins]:
    """Defaults < the run to begin from < preset < file < flags."""
    layers = [_kept_layer(request.init)] if request.init else []
    if request.preset:
        layers.append(preset_layer(request.preset))
    if request.config_file:
        layers.append(file_layer(request.config_file))
    config, origins = resolve(*layers, request.flags)
    if config.loss.lm:  # a run may be resumed from another folder
        loss = dataclasses.replace(config.loss, lm=str(Path(config.loss.lm).resolve()))
        config = dataclasses.replace(config, loss=loss)
    return config, origins


def _kept_layer(init: Path) -> Layer:
    """What a network keeps when it learns on: how it hears and how it is built."""
    config = load_checkpoint(init).config
    parts = {section: vars(getattr(config, section)) for section in ("features", "model")}
    values = {f"{section}.{name}": value for section, part in parts.items() for name, value in part.items()}
    return Layer(values, f"`{init}`")


def asked_experiment(request: Request) -> Experiment:
    """A new experiment; or, where torchrun has restarted the command after a process died, the one that it began.

    raises  UsageError where the folder holds a run already, which another command began
    """
    folder = RunFolder(request.run)
    if is_restarted() and folder.config.exists():
        begun = resumed_experiment(request.run)
        if begun.config == settings_of(request)[0]:
            return begun
    return new_experiment(request)


def new_experiment(request: Request) -> Experiment:
    """Read the data, settle settings and units, leave out what cannot be trained on.

    raises  UsageError where the folder holds a run already, or nothing is left to train on
    """
    RunFolder(request.run).must_be_free()  # before thousands of recordings are looked at
    config, origins = settings_of(request)
    utterances = [one for manifest in request.manifests for one in read_manifest(manifest)]
    dev = list(read_manifest(request.dev)) if request.dev else []
    if not dev and (config.train.patience or config.optimizer.schedule == "plateau"):
        raise UsageError("`train.patience` and the plateau schedule need held-out speech", hint="add: --dev dev.jsonl")
    if config.train.tensorboard:
        needs_tensorboard()
    init = load_checkpoint(request.init) if request.init else None
    if request.units:
        units = read_units(request.units)
    else:
        units = init.units if init else units_of(one.text for one in utterances)
    graph = read_unit_graph(config.loss.lm, units) if config.loss.kind == "ctc_crf" else None
    experiment = Experiment(RunFolder(request.run), config, origins, units, [], dev, init=init, unit_graph=graph)
    experiment.train = _admitted(experiment, utterances)
    if not experiment.train:
        reasons = [f"{count} left out, {why}: {experiment.examples[why]}" for why, count in experiment.rejected.items()]
        hint = f"see why with: ds2 prepare check {' '.join(map(str, request.manifests))}"
        raise UsageError("; ".join(["no utterance to train on", *reasons]), hint=hint)
    if request.dev:
        _must_be_of_use(experiment, request.dev)
    return experiment


def resumed_experiment(run: Path) -> Experiment:
    """The experiment that a run folder holds."""
    folder = RunFolder(run)
    folder.must_hold_a_run()
    config = from_toml(folder.config.read_text(encoding="utf-8"), f"`{folder.config}`")
    units = parse_units(folder.units.read_text(encoding="utf-8"))
    train, dev = read_utterances(folder.train), read_utterances(folder.dev)
    init = load_checkpoint(folder.init) if folder.init.exists() else None
    graph = read_unit_graph(folder.unit_lm, units) if config.loss.kind == "ctc_crf" else None
    return Experiment(folder, config, {}, units, train, dev, is_resumed=True, init=init, unit_graph=graph)


def run_training(
    experiment: Experiment, process: Process, on_interrupt: Callable[[], None] = lambda: None
) -> Iterator[Event]:
    """Train to the end, or until asked to stop; everything worth keeping is kept in the run folder.

    on_interrupt  called at the first Ctrl-C or SIGTERM, inside the signal's handler
    """
    with Interrupt(on_interrupt) as interrupt, _alone_in(experiment.run, process):
        try:
            yield from _train(experiment, process, interrupt)
        except RuntimeError as problem:
            if process.world == 1 or not is_lost_peer(problem):
                raise
            hint = f"see what it said; then: ds2 train --resume {experiment.run.path}"
            raise Ds2Error("another process of this run has ended", hint=hint) from None


def _alone_in(folder: RunFolder, process: Process) -> AbstractContextManager[None]:
    """The lock of the run, in the process that writes."""
    if not process.is_first:
        return nullcontext()
    folder.make()
    return held(folder.lock, RESTART_SECONDS if process.world > 1 else 0.0)


def _train(experiment: Experiment, process: Process, interrupt: "Interrupt") -> Iterator[Event]:
    folder, config = experiment.run, experiment.config
    if process.is_first and not experiment.is_resumed:
        _begin(experiment)
    trainer = Trainer(
        experiment.recogniser,
        SpeechSet(experiment.train, experiment.units, config),
        SpeechSet(experiment.dev, experiment.units, config) if experiment.dev else None,
        config,
        process,
        should_stop=lambda: interrupt.requested,
        last_saved=folder.training_state,
        losses=chosen_losses(config.loss, experiment.unit_graph),
    )
    _start_or_restore(trainer, folder, process, keep_statistics=experiment.init is not None)

    def checkpoint() -> Checkpoint:
        return Checkpoint(config, experiment.units, trainer.recogniser.state_dict(), {})

    def save(best: bool) -> None:
        if process.is_first:
            folder.keep(checkpoint(), None if best else trainer.state(), best)

    board = Board(folder.tensorboard, trainer.position.step) if config.train.tensorboard and process.is_first else None
    for event in trainer.events(save):
        if process.is_first and not isinstance(event, StoppedEvent):
            folder.record(event)
            if board:
                board.show(event)
            if isinstance(event, EvaluationEvent):
                draw_curve(folder.metrics, folder.curve)
                with trainer.average.applied():
                    folder.keep_evaluated(checkpoint(), event.epoch, config.train.keep)
        yield event
    if board:
        board.close()


def _begin(experiment: Experiment) -> None:
    folder = experiment.run
    folder.must_be_free()
    write_utterances(folder.train, experiment.train)
    if experiment.dev:
        write_utterances(folder.dev, experiment.dev)
    write_text(folder.units, write_units(experiment.units))
    if experiment.init:
        save_checkpoint(folder.init, experiment.init)
    if experiment.unit_graph:
        folder.keep_unit_lm(experiment.config.loss.lm)
    # Last, because a folder with a config.toml holds a run that can be resumed.
    write_text(folder.config, to_toml(experiment.config, experiment.origins))


def _start_or_restore(trainer: Trainer, folder: RunFolder, process: Process, keep_statistics: bool) -> None:
    """Take up the run where it was saved; else measure the features, unless the network begins with another's."""
    config = trainer.config
    trainer.train.noises = load_noises(config.augment.noise, config.features.sample_rate)
    state = folder.training_state()
    if state is not None:
        try:
            trainer.restore(state)
        except (RuntimeError, ValueError, LookupError, TypeError):
            hint = f"was `{folder.config}` edited? epochs and rates may change, the network may not"
            raise CheckpointError(f"`{folder.trainer}` does not fit its settings", hint=hint) from None
    else:
        if not keep_statistics:
            frontend = trainer.recogniser.frontend.cpu()
            frontend.fit(*feature_statistics(trainer.train, frontend, config.train.seed))
            trainer.recogniser.to(process.device)
        share(process, trainer.recogniser.state_dict().values())
        trainer.average.restart()
    if process.is_first:
        folder.forget_after(trainer.position.step, is_evaluated=trainer.position.step_of_epoch == 0)


def _must_be_of_use(experiment: Experiment, source: str) -> None:
    """Note which held-out utterances the units do not spell: what is heard of them counts all the same.

    raises  UsageError where there is none, or none that has words and can be spelled
    """
    hint = f"see why with: ds2 prepare check {source}; or leave out --dev"
    if not experiment.dev:
        raise UsageError(f"no utterance in `{source}` to evaluate on", hint=hint)
    for one in experiment.dev:
        try:
            experiment.units.encode(one.text)
        except TextError as problem:
            experiment.unspelled_because = experiment.unspelled_because or f"`{one.id}`: {problem}"
            experiment.unspelled.append(one.id)
    words = sum(bool(one.text.strip()) for one in experiment.dev)
    if not words or len(experiment.unspelled) == len(experiment.dev):
        what = f"{len(experiment.unspelled)} outside the units: {experiment.unspelled_because}" if words else "no text"
        raise UsageError(f"no utterance in `{source}` to evaluate on: {what}", hint=hint)


def _admitted(experiment: Experiment, utterances: list[Utterance]) -> list[Utterance]:
    """The utterances that CTC can learn from; the others are counted by reason."""
    good = []
    for one in utterances:
        reason = _reason_to_reject(one, experiment.units, experiment.config)
        if reason is None:
            good.append(one)
        else:
            experiment.rejected[reason[0]] += 1
            experiment.examples.setdefault(reason[0], f"`{one.id}`: {reason[1]}")
    return good


def _reason_to_reject(one: Utterance, units: Units, config: Config) -> tuple[str, str] | None:
    """A short reason and its details, or None for an utterance to learn from."""
    if one.duration <= 0:
        return "no duration", "its duration is not positive"
    if one.duration > config.batch.max_seconds:
        return "too long", f"{one.duration:.1f} s is over batch.max_seconds = {config.batch.max_seconds:g}"
    if not one.text.strip():
        return "no text", "its text is empty"
    try:
        labels = units.encode(one.text)
    except TextError as problem:
        return "outside the units", str(problem)
    samples = round(one.duration * config.features.sample_rate)
    frames = n_output_frames(n_frames(samples, config.features), config.model)
    if frames < frames_needed(labels):
        return "more letters than frames", f"{len(labels)} letters in {frames} frames, which CTC cannot spell"
    return None


# A terminal sends Ctrl-C to the launcher and to its processes, and the launcher passes it on: one key, two signals.
ECHO_SECONDS = 1.0


class Interrupt:
    """The first Ctrl-C or SIGTERM asks to stop after the step; a second Ctrl-C insists."""

    def __init__(self, notify: Callable[[], None]) -> None:
        self.requested = False
        self._notify, self._first = notify, 0.0

    def __enter__(self) -> "Interrupt":
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: object) -> None:
        if not self.requested:
            self.requested, self._first = True, time.monotonic()
            self._notify()
        elif number == signal.SIGINT and time.monotonic() - self._first > ECHO_SECONDS:
            raise KeyboardInterrupt

