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
class EngineStream:
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
        self._ready: deque[EngineStream] = deque()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._thread.start()

    def open(self, tell: Callable[[Progress], None]) -> EngineStream:
        """A new stream; `tell` is called from other threads, in the stream's order."""
        return EngineStream(self._network.start(), self._begin(), tell)

    def hear(self, stream: EngineStream, samples: np.ndarray) -> None:
        """More of a stream's sound, (n,) float32 at the engine's rate. Never waits."""
        with self._changed:
            stream.sound.append((samples, time.monotonic()))
            self._queue(stream)

    def end(self, stream: EngineStream) -> None:
        """The stream has ended: what was heard is answered, then `last` told."""
        with self._changed:
            stream.ended = True
            self._queue(stream)

    def close(self, stream: EngineStream) -> None:
        """Nobody listens: what waits is dropped, and nothing more is told."""
        with self._changed:
            stream.closed = True
            stream.sound.clear()
            stream.answers.clear()

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

    def _queue(self, stream: EngineStream) -> None:
        if not stream.queued and not stream.closed:
            stream.queued = True
            self._ready.append(stream)
            self._changed.notify()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            heard = [(stream, samples, since) for stream, samples, since, _ in batch if len(samples)]
            ended = [stream for stream, *_, last in batch if last]
            self._pass(self._network.accept, [one[0] for one in heard], [one[1:] for one in heard])
            self._pass(self._network.finish, [stream for stream in ended if not stream.closed], None)

    def _next(self) -> list[tuple[EngineStream, np.ndarray, float, bool]] | None:
        """The streams of the next pass, with what of their sound it hears; None when the engine stops."""
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._stopped)
            if self._stopped:
                return None
            batch: list[tuple[EngineStream, np.ndarray, float, bool]] = []
            for _ in range(min(len(self._ready), self._batch)):
                stream = self._ready.popleft()
                stream.queued = False
                if not stream.closed:
                    batch.append((stream, *self._take(stream)))
            return batch

    def _take(self, stream: EngineStream) -> tuple[np.ndarray, float, bool]:
        """What the next pass hears of a stream, since when it waits, and whether it is the stream's last."""
        parts, room = [], int(PASS_SECONDS * self.rate)
        since = stream.sound[0][1] if stream.sound else time.monotonic()
        while stream.sound and room > 0:
            samples, came = stream.sound.popleft()
            if len(samples) > room:
                stream.sound.appendleft((samples[room:], came))
            parts.append(samples[:room])
            room -= len(parts[-1])
        if stream.sound:
            self._queue(stream)
        return np.concatenate(parts or [np.zeros(0, np.float32)]), since, stream.ended and not stream.sound

    def _pass(self, work: Callable, streams: list[EngineStream], sound: list[tuple[np.ndarray, float]] | None) -> None:
        """One pass of the network, and its answers to the searches."""
        if not streams:
            return
        wall, busy = time.monotonic(), time.thread_time()
        places = [stream.place for stream in streams]
        try:
            answers = work(places, [samples for samples, _ in sound]) if sound else work(places)
        except Exception as problem:  # a bug must not silence the streams that are to come
            self._fail(streams, problem)
            return
        n_samples = sum(len(samples) for samples, _ in sound or ())
        self._observer.passed(len(streams), n_samples / self.rate, time.monotonic() - wall, time.thread_time() - busy)
        for i, (stream, log_probs) in enumerate(zip(streams, answers, strict=True)):
            samples, since = (len(sound[i][0]), sound[i][1]) if sound else (0, wall)
            self._read(stream, (log_probs, samples, since, sound is None))

    def _read(self, stream: EngineStream, answer: tuple[np.ndarray, int, float, bool]) -> None:
        """One thread at a time reads a stream's log-probs, in their order."""
        with self._changed:
            if stream.closed:
                return
            stream.answers.append(answer)
            if stream.reading:
                return
            stream.reading = True
        self._beams.submit(self._search, stream)

    def _search(self, stream: EngineStream) -> None:
        while True:
            with self._changed:
                if not stream.answers:
                    stream.reading = False
                    return
                log_probs, samples, since, last = stream.answers.popleft()
            try:
                updates = stream.live.feed(log_probs)
                if last:
                    updates += stream.live.finish()
            except Exception as problem:
                self._fail([stream], problem)
                return
            stream.tell(Progress(updates, samples, time.monotonic() - since, last))

    def _fail(self, streams: list[EngineStream], problem: Exception) -> None:
        self._observer.failed(problem)
        for stream in streams:
            self.close(stream)
            stream.tell(Progress(last=True, failed=True))
