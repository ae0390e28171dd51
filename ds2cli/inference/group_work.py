"""Utterances that are heard together, as one question of a long command that is done in many places.

The groups are those of `listen`: so the network's batches are the same wherever they are heard, and its sums too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ds2cli.inference.utterances import groups, side_by_side
from ds2cli.jobs.frames import Packed
from ds2cli.jobs.work import Work, Worker
from ds2cli.records.jsonl import Record
from ds2cli.records.manifest import Utterance


@dataclass(frozen=True)
class Group:
    """Utterances that share the network's batches, out of a window of `size`; `places` are where they stand in it."""

    utterances: list[Utterance]
    places: list[int]
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of one utterance: its record, whole; or the problem.

    asked, log_probs  its record as it came, and (T, V) float32, where they are wanted too
    place             of the utterance among those that were asked together
    """

    record: Record
    asked: Record = field(default_factory=dict)
    log_probs: np.ndarray | None = None
    problem: str = ""
    place: int = 0


@dataclass(frozen=True)
class GroupAnswer:
    """The outcomes of a group's utterances, and what a person should know of them."""

    group: Group
    outcomes: list[Outcome]
    notes: list[str] = field(default_factory=list)


def groups_of(utterances: Iterable[Utterance]) -> Iterator[Group]:
    """Utterances, window by window, in groups."""
    for window in side_by_side(utterances):
        for places in groups(window):
            yield Group([window[place] for place in places], places, len(window))


def group_work(open_worker: Callable[[], Worker], takes_gpu: bool) -> Work[Group, GroupAnswer]:
    """The work of a worker that takes groups and answers with GroupAnswers."""
    return Work(
        open=open_worker, name=_name, pack=_packed, unpack=_unpacked, lost=_lost, divided=_divided, joined=_joined,
        takes_gpu=takes_gpu,
    )


def unwrapped(answers: Iterable[GroupAnswer], warn: Callable[[str], None], heard: Callable[[float, float], None]
         ) -> Iterator[Outcome]:  # fmt: skip
    """The outcomes one by one, in the order of utterances; each note is told once, and so are the seconds heard."""
    notes: set[str] = set()
    window: dict[int, Outcome] = {}
    seconds = 0.0
    for answer in answers:
        for note in answer.notes:
            if note not in notes:
                warn(note)
            notes.add(note)
        window.update(zip(answer.group.places, answer.outcomes, strict=True))
        seconds += sum(float(outcome.record.get("duration") or 0.0) for outcome in answer.outcomes)
        heard(seconds, 0.0)
        if len(window) == answer.group.size:
            yield from (window[place] for place in range(len(window)))
            window.clear()


def _name(group: Group) -> str:
    return repr([(one.id, one.audio, one.offset, one.duration, one.text) for one in group.utterances])


def _divided(group: Group) -> list[Group]:
    return [Group([one], [place], group.size) for one, place in zip(group.utterances, group.places, strict=True)]


def _joined(group: Group, answers: list[GroupAnswer]) -> GroupAnswer:
    return GroupAnswer(group, [outcome for answer in answers for outcome in answer.outcomes],
                       [note for answer in answers for note in answer.notes])


def _lost(group: Group, why: str) -> GroupAnswer:
    return GroupAnswer(group, [Outcome({}, problem=f"`{one.id}`: {why}") for one in group.utterances])


def _packed(answer: GroupAnswer) -> Packed:
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


def _unpacked(group: Group, found: dict[str, Any], blobs: list[bytes]) -> GroupAnswer:
    waiting, outcomes = iter(blobs), []
    for line in found["outcomes"]:
        outcome = Outcome(line["record"], problem=line.get("problem", ""))
        if "shape" in line:
            log_probs = np.frombuffer(next(waiting), np.float32).reshape(line["shape"])
            outcome = replace(outcome, asked=line["asked"], log_probs=log_probs)
        outcomes.append(outcome)
    return GroupAnswer(group, outcomes, found["notes"])
