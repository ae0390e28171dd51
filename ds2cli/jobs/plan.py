"""Where the work of a long command is done: here, on a cluster, as one share of many, or from shares that are there."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ds2cli.jobs.cluster import Cluster
from ds2cli.jobs.shares import Share, Shares, ShareWriter
from ds2cli.jobs.work import Answer, Question, Work, Worker


class ShareDone(Exception):
    """A share is answered: the command's own output is for `ds2 join` to write. `line` says it to a person."""

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class Plan:
    """Here and at once, unless it says otherwise.

    share, folder  answer this share alone, into the folder
    shares         answers that are there
    cluster        whose workers answer
    command        as it was asked for, without what makes it a share
    """

    share: Share | None = None
    folder: Path = Path()
    shares: Shares | None = None
    cluster: Cluster | None = None
    command: list[str] = field(default_factory=list)

    @property
    def is_here(self) -> bool:
        """One process does it all."""
        return not (self.share or self.shares or self.cluster)

    def answers(self, work: Work[Question, Answer], numbered: Iterable[tuple[int, Question]]) -> Iterator[Answer]:
        """The answers to all questions, in order.

        numbered  the questions and their numbers, from 0
        raises    ShareDone where only a share was asked for, when it is done
        """
        if self.share is not None:
            raise ShareDone(self._answer_share(self.share, work, numbered))
        if self.shares is not None:
            yield from self._joined(self.shares, work, numbered)
        elif self.cluster is not None:
            yield from self.cluster.answers(work, (question for _, question in numbered))
        else:
            yield from work.open()(question for _, question in numbered)

    def _answer_share(self, share: Share, work: Work, numbered: Iterable[tuple[int, Question]]) -> str:
        with ShareWriter(self.folder, share, self.command) as file:
            before, asked = file.n_done, Pending()
            if not file.is_done:
                mine = asked.those(numbered, lambda number, one: share.has(number)
                                   and not file.has(number, work.name(one)))
                for answer in _lazily(work.open, mine):
                    number, question = asked.waiting.popleft()
                    file.add(number, work.name(question), work.pack(answer))
                file.finish(asked.total)
            there = f" ({before:,} were there already)" if before else ""
            return f"{file.path}: share {share} is done: {file.n_done:,} answers{there}"

    def _joined(self, shares: Shares, work: Work, numbered: Iterable[tuple[int, Question]]) -> Iterator[Any]:
        total = 0
        for number, question in numbered:
            frame = shares.answer(number, work.name(question))
            total = number + 1
            yield work.unpack(question, frame.content["answer"], frame.blobs)
        shares.check_end(total)


class Pending:
    """Questions on their way through a worker, which may ask for some before it answers others."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[int, Any]] = deque()
        self.total = 0

    def those(self, numbered: Iterable[tuple[int, Any]], wanted: Callable[[int, Any], bool]) -> Iterator[Any]:
        for number, question in numbered:
            self.total = number + 1
            if wanted(number, question):
                self.waiting.append((number, question))
                yield question


def _lazily(open_worker: Callable[[], Worker], questions: Iterator[Any]) -> Iterator[Any]:
    """A worker's answers; none is opened where there is nothing to ask."""
    first = list(islice(questions, 1))
    if first:
        yield from open_worker()(chain(first, questions))
