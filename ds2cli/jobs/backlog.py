"""Questions on their way to workers that may die: each is answered once, in order, and what kills is found out."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ds2cli.jobs.work import Work

DEATHS = 3            # of workers, and what they had in hand is given up
ALONE = DEATHS - 1    # and a question of several things is divided
PIECE_SECONDS = 0.5   # of work that a worker is given at a time
LARGEST_PIECE = 256
AHEAD = 16            # pieces for each worker that are under way or wait for those before them


@dataclass(eq=False)
class Task:
    """A question, or a part of one.

    place, part  where its answer goes
    deaths       of workers that had it in hand
    """

    place: int
    question: Any
    part: int = 0
    deaths: int = 0


@dataclass
class _Slot:
    question: Any
    answers: list[Any]
    missing: int = 1


@dataclass
class Backlog:
    """`take` what a worker does next, say what became of it (`answered`, `died`), and have the answers from `ready`."""

    work: Work
    questions: Iterable[Any]
    n_workers: int
    _again: deque[Task] = field(default_factory=deque)
    _slots: dict[int, _Slot] = field(default_factory=dict)
    _taken: int = 0
    _given: int = 0
    _size: int = 1
    _is_exhausted: bool = False

    def __post_init__(self) -> None:
        self._fresh = iter(self.questions)

    @property
    def is_done(self) -> bool:
        """Every question has been asked and its answer given out."""
        return self._is_exhausted and not self._slots

    def take(self, is_idle: bool = True) -> list[Task]:
        """What a worker gets; nothing where there is no more, or others are too far behind.

        is_idle  it has nothing else in hand
        """
        if is_idle and self._again:  # each for itself: beside others nobody would know which one kills
            return [self._again.popleft()]
        piece: list[Task] = []
        room = max(AHEAD * self.n_workers * self._size - len(self._slots), 0)
        while len(piece) < min(self._size, room) and not self._is_exhausted:
            question = next(self._fresh, self)
            if question is self:
                self._is_exhausted = True
                break
            self._slots[self._taken] = _Slot(question, [None])
            piece.append(Task(self._taken, question))
            self._taken += 1
        return piece

    def answered(self, piece: Sequence[Task], answers: Sequence[Any], seconds: float) -> None:
        """A worker's answers; how long it took decides how much is given at a time."""
        for task, answer in zip(piece, answers, strict=True):
            self._put(task, answer)
        if len(piece) == self._size or seconds > PIECE_SECONDS:
            fits = int(PIECE_SECONDS * len(piece) / max(seconds, 1e-6))
            self._size = max(min(fits, 2 * self._size, LARGEST_PIECE), 1)

    def died(self, piece: Sequence[Task], was_at_work: bool) -> None:
        """A worker is gone; `was_at_work`: on this, else it had not begun."""
        for task in reversed(piece):
            task.deaths += was_at_work
            parts = self.work.divided(task.question) if task.deaths >= ALONE and len(piece) == 1 else []
            if len(parts) > 1:
                self._slots[task.place] = _Slot(task.question, [None] * len(parts), len(parts))
                tasks = (Task(task.place, one, part, task.deaths) for part, one in enumerate(parts))
                self._again.extendleft(reversed(list(tasks)))
            elif task.deaths >= DEATHS:
                self._put(task, self.work.lost(task.question, f"{DEATHS} workers died of it"))
            else:
                self._again.appendleft(task)

    def _put(self, task: Task, answer: Any) -> None:
        slot = self._slots[task.place]
        slot.answers[task.part] = answer
        slot.missing -= 1

    def ready(self) -> Iterator[Any]:
        """The answers that nothing before them is missing of."""
        while self._given in self._slots and not self._slots[self._given].missing:
            slot = self._slots.pop(self._given)
            self._given += 1
            yield slot.answers[0] if len(slot.answers) == 1 else self.work.joined(slot.question, slot.answers)
