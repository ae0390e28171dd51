"""A Ray cluster does the work: workers are actors that open their models once, and one that dies is replaced."""

import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from ds2cli import hints
from ds2cli.errors import Ds2Error, UsageError
from ds2cli.jobs.backlog import Backlog, Task
from ds2cli.jobs.work import Work

LOCAL = "local"
IN_HAND = 2            # pieces that a worker holds: it works at one while the other travels
SAY_AFTER_SECONDS = 30.0
ANSWER_SECONDS = 10.0
FAILED_OPENINGS = 3    # in a row, while no worker is open


class Worker:
    """What runs in an actor's process: one command's worker, and the models that it has opened."""

    def open(self, make: Callable[[], Callable], folder: str) -> str | Ds2Error:
        """Where the command's relative names mean something; returns the machine's name, or what is wrong."""
        try:
            os.chdir(folder)
            self._answer = make()
        except Ds2Error as problem:
            return problem
        except OSError as problem:
            return Ds2Error(f"`{folder}` on `{os.uname().nodename}`: {problem.strerror}",
                            hint="all machines need a shared disk, mounted at the same path")
        return os.uname().nodename

    def answers(self, questions: list[Any]) -> tuple[list[Any] | Ds2Error, float]:
        """The answers, and the seconds that they took."""
        begin = time.monotonic()
        try:
            return list(self._answer(iter(questions))), time.monotonic() - begin
        except Ds2Error as problem:
            return problem, 0.0


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster.

    address  of its head, `auto`, or `local` for one on this machine that lasts as long as the command
    threads  cores of each worker
    warn     is told of workers that die, or that have no room
    """

    address: str
    threads: int = 1
    warn: Callable[[str], None] = lambda message: None

    def answers(self, work: Work, questions: Iterable[Any]) -> Iterator[Any]:
        """The answers to all questions, in order, by as many workers as there are cores, or GPUs for what takes one.

        raises  UsageError where Ray is missing, the cluster cannot be reached, or no machine has so many cores;
                Ds2Error where workers die before they start
        """
        with _connected(self.address) as ray:
            crew = _Crew(ray, work, self._room(ray, work.takes_gpu), self.threads, self.warn)
            try:
                yield from crew.answers(questions)
            finally:
                crew.dismiss()

    def _room(self, ray: Any, takes_gpu: bool) -> tuple[int, bool]:
        """How many workers there is room for, and whether each has a GPU."""
        total = ray.cluster_resources()
        largest = max((node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]), default=0)
        if takes_gpu and total.get("GPU", 0) >= 1:
            return int(total["GPU"]), True
        if largest < self.threads:
            raise UsageError(f"no machine of the cluster has {self.threads} cores: the largest has {largest:g}",
                             hint=hints.cores_of(int(largest)) if largest else hints.ADD_MACHINE)
        counts = (int(node["Resources"].get("CPU", 0) // self.threads) for node in ray.nodes() if node["Alive"])
        return sum(counts), False


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError(hints.RAY_NEEDS_RAY, hint="pip install 'ds2cli[ray]'") from None
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    _must_answer(address)
    try:
        if address == LOCAL:
            ray.init(LOCAL, include_dashboard=False, num_cpus=len(os.sched_getaffinity(0)), **quiet)
        else:
            ray.init(address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as problem:
        raise _unreachable(address, str(problem).partition("\n")[0]) from None
    stdout = sys.stdout
    guarded = _Guarded(stdout)
    try:
        sys.stdout = guarded  # type: ignore[assignment]
        yield ray
    finally:
        guarded.owner = None  # at its end Ray prints what is left of it
        ray.shutdown()
        sys.stdout = stdout


def _must_answer(address: str) -> None:
    """Ray itself waits for minutes, and then ends the process.

    raises  UsageError where nobody listens at a HOST:PORT
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
    except (OSError, ValueError, OverflowError) as problem:
        raise _unreachable(address, getattr(problem, "strerror", None) or str(problem)) from None


def _unreachable(address: str, why: str) -> UsageError:
    return UsageError(f"no Ray cluster at `{address}`: {why}",
                      hint=hints.HEAD_ADDRESS)


class _Guarded:
    """stdout for our own thread alone: Ray prints a dead machine's log to it, between our records."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.owner: int | None = threading.get_ident()

    def write(self, text: str) -> int:
        return self._stream.write(text) if threading.get_ident() == self.owner else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@dataclass(eq=False)
class _Member:
    """One worker. What it has in hand is answered in order, so the first of it is what it works at.

    is_suspicious  others have died of what it has in hand: it gets nothing else
    """

    actor: Any
    is_open: bool = False
    is_suspicious: bool = False
    in_hand: deque[Any] = field(default_factory=deque)


class _Crew:
    """The workers of one command."""

    def __init__(self, ray: Any, work: Work, room: tuple[int, bool], threads: int, warn: Callable[[str], None]) -> None:
        self._ray, self._work, self._warn = ray, work, warn
        self._n_workers, has_gpu = room
        self._class = ray.remote(num_cpus=threads, num_gpus=int(has_gpu), max_restarts=0)(Worker)
        self._make = ray.put(work.open)
        self._under_way: dict[Any, tuple[_Member, list[Task]]] = {}
        self._members: list[_Member] = []
        self._failed_openings = 0

    def answers(self, questions: Iterable[Any]) -> Iterator[Any]:
        backlog = Backlog(self._work, questions, self._n_workers)
        first = backlog.take()
        if not first:
            return
        backlog.died(first, was_at_work=False)  # back: none has begun, and no model is opened where there is nothing
        for _ in range(self._n_workers):
            self._hire()
        patience: float | None = SAY_AFTER_SECONDS
        while not backlog.is_done:
            self._hand_out(backlog)
            if self._under_way:
                done, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=patience)
                if not done and not any(member.is_open for member in self._members):
                    self._warn("the cluster has no room for a worker yet: waiting")
                    patience = None
                for ref in done:
                    self._receive(ref, backlog)
            yield from backlog.ready()

    def dismiss(self) -> None:
        for member in self._members:
            self._ray.kill(member.actor)

    def _hire(self) -> None:
        member = _Member(self._class.remote())
        ref = member.actor.open.remote(self._make, os.getcwd())
        member.in_hand.append(ref)
        self._members.append(member)
        self._under_way[ref] = member, []

    def _hand_out(self, backlog: Backlog) -> None:
        """Each in turn, so that the last pieces are spread."""
        for load in range(IN_HAND):
            for member in self._members:
                is_free = member.is_open and not member.is_suspicious and len(member.in_hand) == load
                if is_free and (piece := backlog.take(is_idle=not load)):
                    member.is_suspicious = any(task.deaths for task in piece)
                    ref = member.actor.answers.remote([task.question for task in piece])
                    member.in_hand.append(ref)
                    self._under_way[ref] = member, piece

    def _receive(self, ref: Any, backlog: Backlog) -> None:
        if ref not in self._under_way:  # its worker has been buried
            return
        member, piece = self._under_way[ref]
        try:
            found = self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as mistake:  # a bug of ours: its traceback is wanted
            raise mistake.as_instanceof_cause() from None
        except self._ray.exceptions.RayError as problem:
            self._replace(member, problem, backlog)
            return
        del self._under_way[ref]
        member.in_hand.remove(ref)
        if isinstance(found, Ds2Error):
            raise found
        if not piece:
            member.is_open, self._failed_openings = True, 0
        elif isinstance(found[0], Ds2Error):
            raise found[0]
        else:
            member.is_suspicious = False
            backlog.answered(piece, *found)

    def _replace(self, member: _Member, problem: Exception, backlog: Backlog) -> None:
        """Another worker for one that is gone; what it had in hand is done again."""
        self._members.remove(member)
        self._ray.kill(member.actor)
        pieces = [self._under_way.pop(ref)[1] for ref in member.in_hand]
        self._failed_openings += not member.is_open
        if self._failed_openings >= FAILED_OPENINGS and not any(one.is_open for one in self._members):
            raise Ds2Error(f"workers die before they start: {str(problem).splitlines()[0]}",
                           hint=hints.FEWER_WORKERS)
        self._warn("a worker has died: another takes its place, and does again what it had in hand")
        for piece in reversed(pieces):
            backlog.died(piece, was_at_work=piece is pieces[0])
        self._hire()
