"""Train: an experiment in, a run folder out."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ds2cli.errors import CheckpointError, Ds2Error, Exit, UsageError
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.reporting.curves import draw_curve
from ds2cli.runs.events import EvaluationEvent, Event, StoppedEvent
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
    with Interrupt(on_interrupt) as interrupt, _peers(experiment.run), within_memory("training"):
        if process.is_first:
            with _alone_in(experiment.run, process):
                yield from _train(experiment, process, interrupt)
        else:
            yield from _train(experiment, process, interrupt)


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
    """The run's folder, with its lock; a start that leaves nothing in a new one leaves no folder."""
    is_new = not folder.path.exists()
    folder.make()
    try:
        with held(folder.lock, RESTART_SECONDS if process.world > 1 else 0.0):
            yield
    finally:
        if is_new and folder.path.is_dir() and not any(folder.path.iterdir()):
            folder.path.rmdir()


def _train(experiment: Experiment, process: Process, interrupt: Interrupt) -> Iterator[Event]:
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
    )
    trainer.train.noises = load_noises(config.augment.noise, config.features.sample_rate)
    state = last_saved() if experiment.is_resumed else None
    if state is not None:
        _restore(trainer, state, folder)
    else:
        _measure(trainer, experiment)
    if process.is_first and not experiment.is_resumed:
        _begin(experiment)  # all that can be wrong with a start has shown itself: from here on the folder holds a run
    if process.is_first:
        folder.forget_after(trainer.position.step, is_evaluated=trainer.position.step_of_epoch == 0)

    def checkpoint() -> Checkpoint:
        return Checkpoint(config, experiment.units, trainer.recogniser.state_dict(), {})

    def save(best: bool) -> None:
        if process.is_first:
            folder.keep(checkpoint(), None if best else trainer.state(), best)
            if trainer.position.step == 0:
                folder.must_read_back(checkpoint())

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
