"""A run on disk: settings, data, metrics, samples, curve, checkpoints; a kill at any instant is harmless."""

import dataclasses
import json
from pathlib import Path

from ds2cli.corpora.manifest import Utterance, read_manifest, to_line
from ds2cli.errors import CheckpointError, UsageError
from ds2cli.model.checkpoint import (
    Checkpoint,
    load_training_state,
    save_checkpoint,
    save_training_state,
    write_beside,
)
from ds2cli.training.events import EvaluationEvent, StepEvent

EVENT_NAMES = {StepEvent: "step", EvaluationEvent: "evaluation"}


@dataclasses.dataclass(frozen=True)
class RunFolder:
    """Where a training run lives."""

    path: Path

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def trainer(self) -> Path:
        return self.path / "trainer.pt"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    def begin(self) -> None:
        """Make the folder.

        raises  UsageError where it already holds a run
        """
        if self.config.exists() or self.trainer.exists():
            hint = f"continue it with: ds2 train --resume {self.path}; or name another --run"
            raise UsageError(f"`{self.path}` already holds a run", hint=hint)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise UsageError(f"cannot make `{self.path}`: {problem.strerror}", hint="name another --run") from None

    def must_hold_a_run(self) -> None:
        """raises  UsageError where there is nothing to resume."""
        if not self.config.exists():
            hint = f"begin one with: ds2 train TRAIN.jsonl --run {self.path}"
            raise UsageError(f"`{self.path}` holds no run", hint=hint)

    def write_text(self, name: str, text: str) -> None:
        """A small file, whole or not at all."""
        write_beside(self.path / name, lambda temporary: Path(temporary).write_text(text, encoding="utf-8"))

    def write_manifest(self, name: str, utterances: list[Utterance]) -> None:
        """What is trained and evaluated on, with absolute paths, so that --resume needs nothing else."""
        self.write_text(name, "".join(to_line(utterance.record) + "\n" for utterance in utterances))

    def read_manifest(self, name: str) -> list[Utterance]:
        """The utterances that `write_manifest` kept; none where there is no such file."""
        return list(read_manifest(self.path / name)) if (self.path / name).exists() else []

    def record(self, event: StepEvent | EvaluationEvent) -> None:
        """One line of metrics.jsonl; an evaluation's samples go to samples.jsonl."""
        line = {"event": EVENT_NAMES[type(event)], **dataclasses.asdict(event)}
        samples = line.pop("samples", [])
        with open(self.metrics, "a", encoding="utf-8") as stream:
            stream.write(to_line(line) + "\n")
        if samples:
            with open(self.path / "samples.jsonl", "a", encoding="utf-8") as stream:
                stream.writelines(to_line({"step": event.step, **sample}) + "\n" for sample in samples)

    def forget_after(self, step: int) -> None:
        """Drop the lines of steps that a killed run took after its last save: they are taken again."""
        for name in ("metrics.jsonl", "samples.jsonl"):
            path = self.path / name
            if path.exists():
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                self.write_text(name, "".join(line for line in lines if _step_of(line) <= step))

    def keep(self, checkpoint: Checkpoint, state: dict | None, best: bool) -> None:
        """Keep a checkpoint as the best, or as the last with the trainer's state.

        The state holds its own weights, so one rename moves a run's position: no kill can part the two.
        """
        if best:
            save_checkpoint(self.best, checkpoint)
            return
        if state is not None:
            save_training_state(self.trainer, state)
        save_checkpoint(self.path / "last.safetensors", checkpoint)

    def training_state(self) -> dict | None:
        """The saved position, or None where the run was killed before its first save."""
        if not self.trainer.exists():
            return None
        try:
            return load_training_state(self.trainer)
        except CheckpointError as problem:
            hint = f"begin again with --config {self.config}, or copy the run from a backup"
            raise CheckpointError(str(problem), hint=hint) from None


def _step_of(line: str) -> float:
    """The step of a metrics line; a line cut short by a kill has none."""
    try:
        return json.loads(line)["step"]
    except (json.JSONDecodeError, KeyError):
        return float("inf")
