"""One client's live stream as asyncio sees it: sound goes in as fast as there is room, records come out."""

import asyncio
import time
from collections import deque
from typing import Any

import numpy as np

from ds2cli.audio.live import LiveResampler, PcmFormat, decode_pcm
from ds2cli.decoding.live import Update
from ds2cli.records.jsonl import Record
from ds2cli.serving.engine import Progress
from ds2cli.serving.models import Model
from ds2cli.workflows.decode.stream import Told

AHEAD_SECONDS = 10.0  # of sound that waits; then nothing more is read, and TCP tells the client to wait
MOST_FINALS = 256     # that wait for a client who does not read them; then, too
LIVE_SECONDS = 1.0    # who is so much ahead of the clock plays a recording, and has no latency


class StreamFailed(Exception):
    """A bug on our side ended the stream; the log has it."""


class StreamTooLong(Exception):
    """More sound than one stream may have."""


class LiveStream:
    """A stream of PCM, and what is said in it as the records of `ds2 decode --stream`.

    pcm          what its bytes are
    max_seconds  of its sound
    """

    def __init__(self, model: Model, pcm: PcmFormat, max_seconds: float) -> None:
        self._loop, self._engine, self._pcm = asyncio.get_running_loop(), model.engine, pcm
        self._metrics, self._max_seconds = model.metrics, max_seconds
        self._resampler = LiveResampler(pcm.rate, self._engine.rate)
        self._in_engine = self._engine.open(self._tell)
        self._told = Told({}, model.writer)
        self._began: float | None = None
        self._is_live = True
        self._held = b""  # a part of a sample
        self._sent = self._done = 0  # samples at the engine's rate
        self.seconds = 0.0  # of sound that has come
        self.n_finals = 0
        self._finals: deque[Record] = deque()
        self._partial: Record | None = None
        self.ended = self._failed = self._stopping = False
        self._ended_at = 0.0
        self._changed = asyncio.Event()

    async def hear(self, data: bytes) -> None:
        """More bytes, cut anywhere; waits while too much of the stream's sound, or of its records, waits.

        raises  StreamTooLong, StreamFailed
        """
        self._began = self._began or time.monotonic()
        data = self._held + data
        whole = len(data) // self._pcm.frame_bytes * self._pcm.frame_bytes
        self._held = data[whole:]
        self.seconds += whole / self._pcm.frame_bytes / self._pcm.rate
        self._is_live &= self.seconds < time.monotonic() - self._began + LIVE_SECONDS
        self._hand_over(decode_pcm(data[:whole], self._pcm))
        if self.seconds > self._max_seconds:
            raise StreamTooLong
        while not self._has_room():
            await self._change()

    def end(self) -> None:
        """No more sound comes; the records that remain do."""
        if not self._stopping:
            self._stopping, self._ended_at = True, time.monotonic()
            self._hand_over(np.zeros(0, np.float32), last=True)
            self._engine.end(self._in_engine)

    def close(self) -> None:
        """Nobody listens any more."""
        self._engine.close(self._in_engine)

    async def heard(self) -> None:
        """Until all sound that came has been read, or the stream has ended. raises  StreamFailed"""
        while self._done < self._sent and not self.ended:
            await self._change()

    async def next(self) -> Record | None:
        """The next record; of partial ones only the newest. None at the end. raises  StreamFailed"""
        while not self._finals and self._partial is None:
            if self.ended:
                return None
            await self._change()
        return self.take()

    def take(self) -> Record | None:
        """A record that is there, finals first."""
        if self._finals:
            record = self._finals.popleft()
            self._changed.set()
            return record
        partial, self._partial = self._partial, None
        return partial

    def _hand_over(self, samples: np.ndarray, last: bool = False) -> None:
        samples = self._resampler(samples, last=last)
        if len(samples):
            self._sent += len(samples)
            self._engine.hear(self._in_engine, samples)

    def _has_room(self) -> bool:
        ahead = (self._sent - self._done) / self._engine.rate
        return self.ended or (ahead < AHEAD_SECONDS and len(self._finals) < MOST_FINALS)

    async def _change(self) -> None:
        if not self._failed:
            self._changed.clear()
            await self._changed.wait()
        if self._failed:
            raise StreamFailed

    def _tell(self, progress: Progress) -> None:
        """Called by the engine's threads."""
        try:
            self._loop.call_soon_threadsafe(self._take_in, progress)
        except RuntimeError:  # the loop has closed: nobody is there to be told
            return

    def _take_in(self, progress: Progress) -> None:
        self._done += progress.samples
        self._failed |= progress.failed
        if progress.samples:
            self._metrics.chunk_seconds.observe(progress.waited)
        for update in progress.updates:
            self._add(update)
        if progress.last:
            self.ended = True
            self._metrics.end_seconds.observe(time.monotonic() - (self._ended_at or time.monotonic()))
        self._changed.set()

    def _add(self, update: Update) -> None:
        # The clock began with the sound that came first: a stream that comes at its own speed has a latency.
        record = self._told.record_of(update, self._began if self._is_live else None)
        if update.final:
            self._finals.append(record)
            self.n_finals += 1
        self._partial = None if update.final else record


def log_fields(stream: LiveStream) -> dict[str, Any]:
    """What the log tells of a stream: never what was said in it."""
    return {"seconds": round(stream.seconds, 3), "finals": stream.n_finals}
