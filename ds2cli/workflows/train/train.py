"""Train: an experiment in, a run folder out."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ds2cli.errors import CheckpointError, Ds2Error, Exit, UsageError
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.reporting.curves import draw_curve
from ds2cli.runs.events import BestEvent, EvaluationEvent, Event, SaveEvent, StoppedEvent, TrainerEvent
from ds2cli.runs.folder import RunFolder, write_text, write_utterances
from ds2cli.runs.lock import held
from ds2cli.settings import to_toml
from ds2cli.text.units import write_units
from ds2cli.training.data import SpeechSet, feature_statistics, load_noises
from ds2cli.training.distributed import Process, all_gather, broadcast, broadcast_tensors, is_lost_peer
from ds2cli.training.loop import Trainer
from ds2cli.training.losses.choice import chosen_losses
from ds2cli.training.memory import within_memory
from ds2cli.training.predictor import learn_texts
from ds2cli.workflows.train.experiment import Experiment
from ds2cli.workflows.train.interrupt import Interrupt
from ds2cli.workflows.train.tensorboard import Board

# Where a launcher starts a run anew, the lock of a dead process may outlive it by a little, over a network.
RESTART_SECONDS = 10.0


class EndedElsewhere(Exception):
    """Another process has said what is wrong, and all end with its exit code."""

    def __init__(self, code: Exit) -> None:
        super().__init__()
        self.code = code


def agreed(process: Process, folder: RunFolder, prepare: Callable[[], Experiment]) -> tuple[Process, Experiment]:
    """One experiment for all processes, prepared by the first; and the process, which knows who is the first.

    That is the one whose folder holds the most of the run, where machines have folders of their own: it has what the
    others lack. Where they share one, it is the first by number.

    raises  what prepare raises, in the first process; EndedElsewhere in the others
    """
    if process.world == 1:
        return process, prepare()
    with _peers(folder):
        steps = all_gather(process, folder.steps_recorded())
        process = dataclasses.replace(process, first=steps.index(max(steps)))
        mine: Experiment | Ds2Error | None = None
        if process.is_first:
            try:
                mine = prepare()
            except Ds2Error as problem:
                mine = problem
        told: Experiment | Ds2Error = broadcast(process, mine)
    found = told if mine is None else mine  # the first keeps its own, which holds more than travels
    if not isinstance(found, Ds2Error):
        return process, found
    if process.is_first:
        raise found
    raise EndedElsewhere(found.code)


def run_training(
    experiment: Experiment, process: Process, on_interrupt: Callable[[], None] = lambda: None
) -> Iterator[Event]:
    """Train to the end, or until asked to stop; everything worth keeping is kept in the run folder.

    on_interrupt  called at the first Ctrl-C or SIGTERM, inside the signal's handler
    """
    folder = experiment.run
    with Interrupt(on_interrupt) as interrupt, _peers(folder), within_memory("training"), _alone_in(folder, process):
        trainer = _ready(experiment, process, interrupt)
        keeper = _Keeper(experiment, trainer) if process.is_first else None
        for event in trainer.events():
            if keeper:
                keeper.keep(event)
            if not isinstance(event, (SaveEvent, BestEvent)):
                yield event
        if keeper:
            keeper.close()


@contextmanager
def _peers(folder: RunFolder) -> Iterator[None]:
    """What an exchange raises when another process has ended is an error that says so."""
    try:
        yield
    except RuntimeError as problem:
        if not is_lost_peer(problem):
            raise
        hint = f"see what it said; then: ds2 train --resume {folder.path}"
        raise Ds2Error("another process of this run has ended", hint=hint) from None


@contextmanager
def _alone_in(folder: RunFolder, process: Process) -> Iterator[None]:
    """The first process's run folder, with its lock; a start that leaves nothing in a new one leaves no folder."""
    if not process.is_first:
        yield
        return
    is_new = not folder.path.exists()
    folder.make()
    try:
        with held(folder.lock, RESTART_SECONDS if process.world > 1 else 0.0):
            yield
    finally:
        if is_new and folder.path.is_dir() and not any(folder.path.iterdir()):
            folder.path.rmdir()


def _ready(experiment: Experiment, process: Process, interrupt: Interrupt) -> Trainer:
    """The trainer where it begins, or goes on; from here on the first process's folder holds a run."""
    folder, config = experiment.run, experiment.config
    if process.is_first and not experiment.is_resumed:
        folder.must_be_free()

    def last_saved() -> dict | None:
        return broadcast(process, folder.training_state() if process.is_first else None)

    trainer = Trainer(
        experiment.recogniser,
        SpeechSet(experiment.train, experiment.units, config),
        SpeechSet(experiment.dev, experiment.units, config) if experiment.dev else None,
        config,
        process,
        should_stop=lambda: interrupt.requested,
        last_saved=last_saved,
        losses=chosen_losses(config.loss, experiment.unit_graph, experiment.recogniser.network),
        teacher=experiment.teacher,
    )
    trainer.train.noises = load_noises(config.augment.noise, config.features.sample_rate)
    state = last_saved() if experiment.is_resumed else None
    if state is not None:
        _restore(trainer, state, folder)
    else:
        _measure(trainer, experiment)
    if process.is_first and not experiment.is_resumed:
        _begin(experiment)  # all that can be wrong with a start has shown itself
    if process.is_first:
        folder.forget_after(trainer.position.step, is_evaluated=trainer.position.step_of_epoch == 0)
    return trainer


class _Keeper:
    """The first process's listener: what a run tells goes to its folder."""

    def __init__(self, experiment: Experiment, trainer: Trainer) -> None:
        self._experiment, self._trainer, self._folder = experiment, trainer, experiment.run
        wants_board = experiment.config.train.tensorboard
        self._board = Board(self._folder.tensorboard, trainer.position.step) if wants_board else None

    def keep(self, event: TrainerEvent) -> None:
        """One event, by its kind."""
        if isinstance(event, SaveEvent):
            self._folder.keep_last(self._checkpoint(), self._trainer.state())
            if event.step == 0:
                self._folder.must_read_back(self._checkpoint())
        elif isinstance(event, BestEvent):
            self._folder.keep_best(self._checkpoint())
        elif not isinstance(event, StoppedEvent):
            self._folder.record(event)
            if self._board:
                self._board.show(event)
            if isinstance(event, EvaluationEvent):
                draw_curve(self._folder.metrics, self._folder.curve)
                with self._trainer.average.applied():
                    self._folder.keep_evaluated(self._checkpoint(), event.epoch, self._experiment.config.train.keep)

    def close(self) -> None:
        if self._board:
            self._board.close()

    def _checkpoint(self) -> Checkpoint:
        experiment = self._experiment
        return Checkpoint(experiment.config, experiment.units, self._trainer.recogniser.state_dict(), {})


def _begin(experiment: Experiment) -> None:
    folder = experiment.run
    write_utterances(folder.train, experiment.train)
    if experiment.dev:
        write_utterances(folder.dev, experiment.dev)
    write_text(folder.units, write_units(experiment.units))
    if experiment.init:
        save_checkpoint(folder.init, experiment.init)
    if experiment.unit_graph:
        folder.keep_unit_lm(experiment.config.loss.lm)
    folder.keep_teachers(experiment.config.loss.teachers)
    # Last, because a folder with a config.toml holds a run that can be resumed.
    write_text(folder.config, to_toml(experiment.config, experiment.origins))


def _restore(trainer: Trainer, state: dict, folder: RunFolder) -> None:
    """Take up the run where it was saved.

    raises  CheckpointError where the settings have another network; UsageError where held-out speech is gone
    """
    try:
        trainer.restore(state)
    except (RuntimeError, ValueError, LookupError, TypeError):
        hint = f"was `{folder.config}` edited? epochs and rates may change, the network may not"
        raise CheckpointError(f"`{folder.trainer}` does not fit its settings", hint=hint) from None
    if trainer.dev is None and trainer.position.best_loss < float("inf"):
        raise UsageError(f"`{folder.path}` is incomplete: no `{folder.dev.name}`", hint="copy it from a backup")


def _measure(trainer: Trainer, experiment: Experiment) -> None:
    """The statistics of the training set's features, unless the network begins with another's; then what its prediction
    network learns from texts alone."""
    if experiment.init is None:
        frontend = trainer.recogniser.frontend.cpu()
        frontend.fit(*feature_statistics(trainer.train, frontend, experiment.config.train.seed))
        trainer.recogniser.to(trainer.process.device)
    if experiment.texts:
        settings = experiment.config.train
        learn_texts(trainer.recogniser.network.transducer, experiment.texts, settings.predictor_epochs, settings.seed)
    broadcast_tensors(trainer.process, trainer.recogniser.state_dict().values())
    trainer.average.restart()
