"""A run on disk: settings, data, metrics, samples, curve, checkpoints; a kill at any instant is harmless."""

import dataclasses
import gzip
import json
import math
import shutil
from collections.abc import Iterable
from pathlib import Path

from ds2cli import hints
from ds2cli.errors import CheckpointError, Ds2Error, UsageError
from ds2cli.io.atomic import UNSPELLABLE, atomic_text, atomic_write, cannot_write, forget_unfinished, make_folder
from ds2cli.io.remote import local_copy
from ds2cli.io.text import compression
from ds2cli.io.urls import must_be_here
from ds2cli.model.checkpoint import (
    BEST,
    LAST,
    Checkpoint,
    checkpoint_path,
    load_checkpoint,
    load_training_state,
    save_checkpoint,
    save_training_state,
)
from ds2cli.records.jsonl import to_line
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.runs.events import EvaluationEvent, RollbackEvent, StepEvent

EVENT_NAMES = {StepEvent: "step", EvaluationEvent: "evaluation", RollbackEvent: "rollback"}


class _File:
    """A file of a run, by its name: the one place where that is written."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, run: "RunFolder", _: type) -> Path:
        return run.path / self.name


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Where a training run lives."""

    path: Path

    config = _File("config.toml")  # settings with their origins; where it is, a run has begun
    units = _File("units.txt")
    train = _File("train.jsonl")  # what is learned from, and evaluated on, with absolute paths
    dev = _File("dev.jsonl")
    init = _File("init.safetensors")  # what the network begins with, where that is another's weights
    unit_lm = _File("units.arpa.gz")  # the n-gram in the loss, where it has one
    teachers = _File("teachers")  # a folder: those it learns from, numbered from 1
    best = _File(BEST)
    last = _File(LAST)
    trainer = _File("trainer.pt")  # weights, optimiser and position: what --resume goes on from
    evaluated = _File("epochs")  # a folder: checkpoints of the last evaluations, for ds2 average
    metrics = _File("metrics.jsonl")  # a line for each event
    samples = _File("samples.jsonl")  # held-out texts and what was heard, at each evaluation
    curve = _File("curve.svg")
    tensorboard = _File("tensorboard")
    decoding = _File("decoding.toml")  # how it is decoded: ds2 tune writes it
    tuning = _File("tuning.svg")
    lock = _File(".lock")  # while a process trains here

    def must_be_free(self) -> None:
        """raises  UsageError where the folder already holds a run, or is a URL"""
        must_be_here(self.path)
        if self.config.exists() or self.trainer.exists():
            hint = hints.resume_or_rename(self.path)
            raise UsageError(f"`{self.path}` already holds a run", hint=hint)
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"`{self.path}` is a file", hint=hints.NAME_ANOTHER_RUN)

    def make(self) -> None:
        """Make the folder, where it is not there yet.

        raises  UsageError where it cannot be made
        """
        make_folder(self.path)

    def must_hold_a_run(self) -> None:
        """raises  UsageError where there is nothing to resume, or too little"""
        if not self.config.exists():
            hint = hints.begin_run(self.path)
            raise UsageError(f"`{self.path}` holds no run", hint=hint)
        for path in (self.units, self.train):
            if not path.is_file():
                hint = hints.begin_anew(self.config)
                raise UsageError(f"`{self.path}` is incomplete: no `{path.name}`", hint=hint)

    def steps_recorded(self) -> int:
        """How far the run in this folder has come; -1 where there is none."""
        if not self.config.exists():
            return -1
        try:
            last = self.metrics.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
            return int(json.loads(last)["step"])
        except (OSError, ValueError, LookupError, TypeError):
            return 0

    def must_read_back(self, checkpoint: Checkpoint) -> None:
        """raises  CheckpointError where the checkpoint kept last is not the one that was written"""
        found = load_checkpoint(self.last)
        if (found.config, found.units) != (checkpoint.config, checkpoint.units):
            raise CheckpointError(f"`{self.last}` does not read back as it was written",
                                  hint="is the disk healthy? if so, please report this with: ds2 doctor")

    def keep_unit_lm(self, source: str) -> None:
        """Copy the n-gram in the loss, so that --resume needs nothing else."""
        content = local_copy(source).read_bytes()
        if compression(source) is None:
            content = gzip.compress(content, mtime=0)
        with atomic_write(self.unit_lm) as place:
            place.write_bytes(content)

    def teacher(self, number: int) -> Path:
        """The copy of a teacher, from 1."""
        return self.teachers / f"{number}.safetensors"

    def keep_teachers(self, sources: Iterable[str]) -> None:
        """Copy the networks that it learns from, so that --resume needs nothing else."""
        for number, source in enumerate(sources, 1):
            make_folder(self.teachers)
            with atomic_write(self.teacher(number)) as place:
                shutil.copyfile(checkpoint_path(source), place)

    def record(self, event: StepEvent | EvaluationEvent | RollbackEvent) -> None:
        """One line of metrics.jsonl; an evaluation's samples go to samples.jsonl; a detour's lines are forgotten."""
        if isinstance(event, RollbackEvent):
            self.forget_after(event.step, event.is_evaluated)
        line = {"event": EVENT_NAMES[type(event)], **dataclasses.asdict(event)}
        samples = line.pop("samples", [])
        self._append(self.metrics, [{name: _as_json(value) for name, value in line.items()}])
        self._append(self.samples, [{"step": event.step, **sample} for sample in samples])

    def _append(self, path: Path, records: list[dict]) -> None:
        try:
            with open(path, "a", encoding="utf-8", errors=UNSPELLABLE) as stream:
                stream.writelines(to_line(record) + "\n" for record in records)
        except OSError as problem:
            wrong = cannot_write(path, problem)
            raise Ds2Error(str(wrong), hint=f"{wrong.hint}; then: {hints.resume(self.path)}") from None

    def forget_after(self, step: int, is_evaluated: bool) -> None:
        """Drop what a killed run wrote after its last save, as it will be written again, and what it did not finish.

        step          that the save knows
        is_evaluated  whether it knows of an evaluation after this very step
        """
        forget_unfinished(self.path)
        evaluated = step if is_evaluated else step - 1
        for path in (self.metrics, self.samples):
            if path.exists():
                lines = enumerate(path.read_bytes().split(b"\n"), 1)
                kept = [line + b"\n" for n, line in lines if _is_known(line, step, evaluated, f"`{path}`, line {n}")]
                with atomic_write(path) as place:
                    place.write_bytes(b"".join(kept))

    def keep_best(self, checkpoint: Checkpoint) -> None:
        """Keep the checkpoint of the best evaluation."""
        save_checkpoint(self.best, checkpoint)

    def keep_last(self, checkpoint: Checkpoint, state: dict) -> None:
        """Keep the last checkpoint with the trainer's state.

        The state holds its own weights, so one rename moves a run's position: no kill can part the two.
        """
        # This order: a run killed in between takes its last steps again, and writes this file again.
        save_checkpoint(self.last, checkpoint)
        save_training_state(self.trainer, state)

    def keep_evaluated(self, checkpoint: Checkpoint, epoch: int, count: int) -> None:
        """Keep the checkpoint of an evaluation, and the `count` newest of them, for `ds2 average`."""
        if count:
            self.evaluated.mkdir(exist_ok=True)
            save_checkpoint(self.evaluated / f"{epoch:05d}.safetensors", checkpoint)
            for old in self.kept_checkpoints()[:-count]:
                old.unlink()

    def kept_checkpoints(self) -> list[Path]:
        """Those of the last evaluations, in order."""
        return sorted(self.evaluated.glob("[0-9]*.safetensors"))

    def training_state(self) -> dict | None:
        """The saved position, or None where the run was killed before its first save."""
        if not self.trainer.exists():
            return None
        try:
            return load_training_state(self.trainer)
        except CheckpointError as problem:
            hint = hints.begin_again(self.config)
            raise CheckpointError(str(problem), hint=hint) from None


def _as_json(value):
    """JSON has no word for what is not finite: null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_known(line: bytes, step: int, evaluated: int, where: str) -> bool:
    """Whether a line tells of what a save knows; one cut short by a kill does not.

    raises  UsageError where it is JSON, but no event
    """
    try:
        record = json.loads(line)
    except ValueError:
        return False
    if not (isinstance(record, dict) and isinstance(record.get("step"), int)):
        raise UsageError(f"{where}: not an event of a training run", hint="was it edited? remove the line")
    # A rollback to this very step will happen again: it is part of what came after the save.
    last = {"step": step, "rollback": step - 1}.get(str(record.get("event")), evaluated)
    return record["step"] <= last


def write_text(path: Path, text: str) -> None:
    """A small file, whole or not at all."""
    with atomic_text(path) as stream:
        stream.write(text)


def write_utterances(path: Path, utterances: list[Utterance]) -> None:
    """Records with absolute paths, so that --resume needs nothing else."""
    write_text(path, "".join(to_line(utterance.record) + "\n" for utterance in utterances))


def read_utterances(path: Path) -> list[Utterance]:
    """The utterances that `write_utterances` kept; none where there is no such file."""
    return list(read_manifest(path)) if path.exists() else []
