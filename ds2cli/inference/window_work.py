"""Utterances that are heard side by side, as one question of a long command that is done in many places.

The windows are those of `listen`: so the network's batches are the same wherever they are heard, and its sums too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ds2cli.jobs.frames import Packed
from ds2cli.jobs.plan import Work, Worker
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import Utterance

Window = list[Utterance]


@dataclass(frozen=True)
class Outcome:
    """What became of one utterance: its record, whole; or the problem.

    asked, log_probs  its record as it came, and (T, V) float32, where they are wanted too
    """

    record: Record
    asked: Record = field(default_factory=dict)
    log_probs: np.ndarray | None = None
    problem: str = ""


@dataclass(frozen=True)
class WindowAnswer:
    """The outcomes of a window, in order, and what a person should know of them."""

    outcomes: list[Outcome]
    notes: list[str] = field(default_factory=list)


def window_work(open_worker: Callable[[], Worker]) -> Work[Window, WindowAnswer]:
    """The work of a worker that takes windows and answers with WindowAnswers."""
    return Work(open=open_worker, name=_name, pack=_packed, unpack=_unpacked)


def unwrapped(answers: Iterable[WindowAnswer], warn: Callable[[str], None], heard: Callable[[float, float], None]
         ) -> Iterator[Outcome]:  # fmt: skip
    """The outcomes one by one; each note is told once, and so are the seconds that have been heard."""
    notes: set[str] = set()
    seconds = 0.0
    for answer in answers:
        for note in answer.notes:
            if note not in notes:
                warn(note)
            notes.add(note)
        for outcome in answer.outcomes:
            seconds += float(outcome.record.get("duration") or 0.0)
            yield outcome
        heard(seconds, 0.0)


def _name(window: Window) -> str:
    return repr([(one.id, one.audio, one.offset, one.duration, one.text) for one in window])


def _packed(answer: WindowAnswer) -> Packed:
    blobs, outcomes = [], []
    for one in answer.outcomes:
        line: dict[str, Any] = {"record": one.record}
        if one.problem:
            line["problem"] = one.problem
        if one.log_probs is not None:
            line |= {"asked": one.asked, "shape": one.log_probs.shape}
            blobs.append(np.ascontiguousarray(one.log_probs, np.float32).tobytes())
        outcomes.append(line)
    return {"outcomes": outcomes, "notes": answer.notes}, blobs


def _unpacked(window: Window, found: dict[str, Any], blobs: list[bytes]) -> WindowAnswer:
    waiting, outcomes = iter(blobs), []
    for line in found["outcomes"]:
        outcome = Outcome(line["record"], problem=line.get("problem", ""))
        if "shape" in line:
            log_probs = np.frombuffer(next(waiting), np.float32).reshape(line["shape"])
            outcome = replace(outcome, asked=line["asked"], log_probs=log_probs)
        outcomes.append(outcome)
    return WindowAnswer(outcomes, found["notes"])
