"""What a segmenting job has done so far, on disk: log-probs and answers, each under the name of all that made it.

A job that was killed and is started again finds what it had; one with other settings finds the log-probs, if the model
and the recording are the same, and nothing else.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ds2cli.io.atomic import atomic_text, make_folder
from ds2cli.model.checkpoint import checkpoint_path
from ds2cli.records.jsonl import to_line

HEARD, VERSION = 1, 2  # of log-probs and of answers: another number, and older ones are made anew


@dataclass(frozen=True)
class WorkFolder:
    """`with open_work(named, output) as work:` where a job keeps what it has; gone when the job is done.

    stays            also then, log-probs and all, for other settings later
    is_temporary     gone as well where the job ends badly
    """

    path: Path
    stays: bool = False
    is_temporary: bool = False

    def __enter__(self) -> "WorkFolder":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.is_temporary or (kind is None and not self.stays):
            shutil.rmtree(self.path, ignore_errors=True)

    def log_probs(self, audio: str, model: str, channel: int | None = None) -> Path:
        """The file of a recording's log-probs."""
        which = () if channel is None else (channel,)
        return self.path / f"{_digest(HEARD, stamp(audio), stamp(str(checkpoint_path(model))), *which)}.log-probs"

    def answer(self, audio: str, model: str, *others: Any) -> Path:
        """The file of a recording's answer; `others` is everything else that it depends on."""
        return self.path / f"{_digest(VERSION, stamp(audio), stamp(str(checkpoint_path(model))), *others)}.json"


def open_work(named: Path | None, output: Path | None) -> WorkFolder:
    """The folder that was named; else one beside the output, hidden, until it is written; else a temporary one.

    raises  UsageError where it cannot be made
    """
    if named is not None:
        return WorkFolder(make_folder(named), stays=True)
    if output is not None:
        return WorkFolder(make_folder(output.with_name(f".{output.name}.work")), stays=False)
    return WorkFolder(Path(tempfile.mkdtemp(prefix="ds2-segment-")), is_temporary=True)


def save_answer(path: Path, answer: dict[str, Any]) -> None:
    with atomic_text(path) as stream:
        stream.write(to_line(answer))


def load_answer(path: Path) -> dict[str, Any] | None:
    """What was saved, or None."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def stamp(path: str) -> tuple[str, int, int]:
    """A file as far as a job needs to know it: place, size, time of change."""
    try:
        status = Path(path).stat()
    except OSError:
        return str(path), 0, 0
    return str(Path(path).resolve()), status.st_size, status.st_mtime_ns


def _digest(*things: Any) -> str:
    return hashlib.sha256(json.dumps(things, default=str, sort_keys=True).encode()).hexdigest()[:24]
