"""Batch Dispatch: one thread of the network hears whatever streams are ready, all in one pass; others search.

A pass begins as soon as the last has ended, with what has come by then: nothing waits for a batch to fill. Amodei et
al. 2016 (arXiv:1512.02595), section 7.1.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ds2cli.decoding.live import LiveDecoder, Update

PASS_SECONDS = 2.0  # of one stream's sound in one pass: who sends faster than the clock does not hold up the others


class StreamingNetwork(Protocol):
    """`Streams`, `WindowedStreams`."""

    def start(self) -> Any: ...

    def accept(self, streams: list[Any], samples: list[np.ndarray]) -> list[np.ndarray]: ...

    def finish(self, streams: list[Any]) -> list[np.ndarray]: ...


@dataclass(frozen=True)
class Progress:
    """What became of a stream's sound.

    samples  so many more have been heard and read
    waited   seconds since the oldest of them came
    last     the stream has ended; all is said
    failed   the stream cannot go on: a bug, which the log tells
    """

    updates: list[Update] = field(default_factory=list)
    samples: int = 0
    waited: float = 0.0
    last: bool = False
    failed: bool = False


@dataclass
class Session:
    """A stream in the engine: where the network and the search are, and what waits for either."""

    place: Any
    live: LiveDecoder
    tell: Callable[[Progress], None]
    sound: deque = field(default_factory=deque)  # (samples, when they came), for the network
    answers: deque = field(default_factory=deque)  # (log_probs, samples, when they came, last), for the search
    ended: bool = False  # no more sound will come
    closed: bool = False  # nobody listens any more
    queued: bool = False  # waits for the network
    reading: bool = False  # a thread searches


@dataclass
class Observer:
    """Who is told of passes: their streams, seconds of sound, and seconds on the clock and of the processor."""

    passed: Callable[[int, float, float, float], None] = lambda streams, sound, wall, busy: None
    failed: Callable[[BaseException], None] = lambda problem: None


class Engine:
    """The network of one model and its searches, for any number of streams.

    network  `Streams` or `WindowedStreams`
    begin    a `LiveDecoder` for a new stream
    rate     samples per second that the network hears
    batch    streams in one pass
    beams    the threads that search
    """

    def __init__(self, network: StreamingNetwork, begin: Callable[[], LiveDecoder], rate: int, batch: int,
                 beams: ThreadPoolExecutor, observer: Observer | None = None) -> None:
        self._network, self._begin, self.rate, self._batch = network, begin, rate, batch
        self._beams, self._observer = beams, observer or Observer()
        self._ready: deque[Session] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._thread.start()

    def open(self, tell: Callable[[Progress], None]) -> Session:
        """A new stream; `tell` is called from other threads, in the stream's order."""
        return Session(self._network.start(), self._begin(), tell)

    def hear(self, session: Session, samples: np.ndarray) -> None:
        """More of a stream's sound, (n,) float32 at the engine's rate. Never waits."""
        with self._changed:
            session.sound.append((samples, time.monotonic()))
            self._queue(session)

    def end(self, session: Session) -> None:
        """The stream has ended: what was heard is answered, then `last` told."""
        with self._changed:
            session.ended = True
            self._queue(session)

    def close(self, session: Session) -> None:
        """Nobody listens: what waits is dropped, and nothing more is told."""
        with self._changed:
            session.closed = True
            session.sound.clear()
            session.answers.clear()

    def stop(self) -> None:
        """Ends the thread; streams that are open are not finished."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    @property
    def waiting(self) -> int:
        """Streams whose sound waits for the network."""
        return len(self._ready)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _queue(self, session: Session) -> None:
        if not session.queued and not session.closed:
            session.queued = True
            self._ready.append(session)
            self._changed.notify()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            heard = [(session, samples, since) for session, samples, since, _ in batch if len(samples)]
            ended = [session for session, *_, last in batch if last]
            self._pass(self._network.accept, [one[0] for one in heard], [one[1:] for one in heard])
            self._pass(self._network.finish, [session for session in ended if not session.closed], None)

    def _next(self) -> list[tuple[Session, np.ndarray, float, bool]] | None:
        """The streams of the next pass, with what of their sound it hears; None when the engine stops."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._stopped)
            if self._stopped:
                return None
            batch: list[tuple[Session, np.ndarray, float, bool]] = []
            for _ in range(min(len(self._ready), self._batch)):
                session = self._ready.popleft()
                session.queued = False
                if not session.closed:
                    batch.append((session, *self._take(session)))
            return batch

    def _take(self, session: Session) -> tuple[np.ndarray, float, bool]:
        """What the next pass hears of a stream, since when it waits, and whether it is the stream's last."""
        parts, room = [], int(PASS_SECONDS * self.rate)
        since = session.sound[0][1] if session.sound else time.monotonic()
        while session.sound and room > 0:
            samples, came = session.sound.popleft()
            if len(samples) > room:
                session.sound.appendleft((samples[room:], came))
            parts.append(samples[:room])
            room -= len(parts[-1])
        if session.sound:
            self._queue(session)
        return np.concatenate(parts or [np.zeros(0, np.float32)]), since, session.ended and not session.sound

    def _pass(self, work: Callable, sessions: list[Session], sound: list[tuple[np.ndarray, float]] | None) -> None:
        """One pass of the network, and its answers to the searches."""
        if not sessions:
            return
        wall, busy = time.monotonic(), time.thread_time()
        places = [session.place for session in sessions]
        try:
            answers = work(places, [samples for samples, _ in sound]) if sound else work(places)
        except Exception as problem:  # a bug must not silence the streams that are to come
            self._fail(sessions, problem)
            return
        n_samples = sum(len(samples) for samples, _ in sound or ())
        self._observer.passed(len(sessions), n_samples / self.rate, time.monotonic() - wall, time.thread_time() - busy)
        for i, (session, log_probs) in enumerate(zip(sessions, answers, strict=True)):
            samples, since = (len(sound[i][0]), sound[i][1]) if sound else (0, wall)
            self._read(session, (log_probs, samples, since, sound is None))

    def _read(self, session: Session, answer: tuple[np.ndarray, int, float, bool]) -> None:
        """One thread at a time reads a stream's log-probs, in their order."""
        with self._changed:
            if session.closed:
                return
            session.answers.append(answer)
            if session.reading:
                return
            session.reading = True
        self._beams.submit(self._search, session)

    def _search(self, session: Session) -> None:
        while True:
            with self._changed:
                if not session.answers:
                    session.reading = False
                    return
                log_probs, samples, since, last = session.answers.popleft()
            try:
                updates = session.live.feed(log_probs)
                if last:
                    updates += session.live.finish()
            except Exception as problem:
                self._fail([session], problem)
                return
            session.tell(Progress(updates, samples, time.monotonic() - since, last))

    def _fail(self, sessions: list[Session], problem: Exception) -> None:
        self._observer.failed(problem)
        for session in sessions:
            self.close(session)
            session.tell(Progress(last=True, failed=True))
