"""Average: the checkpoints that a run has kept, or that are named, become one."""

from collections.abc import Sequence
from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.model.averaging import averaged
from ds2cli.model.checkpoint import checkpoint_path, save_checkpoint
from ds2cli.runs.folder import RunFolder


def average(sources: Sequence[Path], out: Path, last: int | None) -> list[Path]:
    """Write the mean of the last checkpoints of each source; returns those that were averaged.

    sources  run folders, and checkpoint files
    last     so many of a run's; None is all that it has kept

    raises  UsageError where there is nothing to average
    """
    chosen = [path for source in sources for path in _checkpoints(source, last)]
    if len(chosen) < 2:
        hint = "a run keeps those of its last evaluations with: ds2 train ... --set train.keep=5"
        raise UsageError(f"there is only one checkpoint to average: `{chosen[0]}`", hint=hint)
    save_checkpoint(out, averaged(chosen))
    return chosen


def _checkpoints(source: Path, last: int | None) -> list[Path]:
    kept = RunFolder(source).kept_checkpoints() if source.is_dir() else []
    return kept[-last if last else None :] or [checkpoint_path(source)]
