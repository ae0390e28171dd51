"""Recordings that come whole: heard beside the live streams and behind them."""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.audio.files import read_blocks
from ds2cli.errors import AudioError
from ds2cli.inference.stream import Streams
from ds2cli.inference.utterances import BATCH_SECONDS, STREAMED_SECONDS
from ds2cli.inference.windows import PIECE_SECONDS, windows
from ds2cli.records.jsonl import Record
from ds2cli.serving.models import Model
from ds2cli.workflows.decode.outcomes import describe_words

BEHIND = 10  # niceness: a live stream goes first wherever both want a processor
CALLED = "the upload"


class UploadTooLong(Exception):
    """More sound than an upload may have."""


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


@dataclass
class Upload:
    """A recording that waits, or is being heard.

    came    when its last byte came
    grown   is told of the text that will not change any more, while it grows
    first   the first minute of its sound, and of what comes behind it; None until it is opened
    heard   samples that have been read
    """

    model: Model
    path: Path
    came: float
    grown: Callable[[str], None] | None
    first: list[np.ndarray] | None = None
    blocks: Iterator[np.ndarray] = field(default_factory=lambda: iter(()))
    heard: int = 0
    gone: threading.Event = field(default_factory=threading.Event)
    answer: Future[Record] = field(default_factory=Future)

    @property
    def is_short(self) -> bool:
        return self.first is not None and len(self.first) == 1


def _tell(loop: asyncio.AbstractEventLoop, listener: Callable[[str], None], text: str) -> None:
    """From the worker's thread to the loop's."""
    loop.call_soon_threadsafe(listener, text)


class Uploads:
    """The worker that hears uploads: short ones that wait side by side, as `ds2 decode` hears a list of them.

    max_seconds  of one recording; more is not read
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="uploads", initializer=_step_behind)
        self._queue: deque[Upload] = deque()  # the loop appends, the worker takes

    async def transcribe(self, model: Model, path: Path, came: float,
                         grown: Callable[[str], None] | None = None) -> Record:
        """The record that `ds2 decode` has of this recording, without a name.

        came    when its last byte came
        grown   is told of the text that will not change any more, while it grows
        raises  AudioError, which calls it `the upload`; UploadTooLong
        """
        loop = asyncio.get_running_loop()
        upload = Upload(model, path, came, None if grown is None else lambda text: _tell(loop, grown, text))
        self._queue.append(upload)
        self._pool.submit(self._work)
        try:
            return await asyncio.shield(asyncio.wrap_future(upload.answer))
        except asyncio.CancelledError:
            upload.gone.set()
            raise

    def stop(self) -> None:
        """What waits is dropped; what is being heard ends by its own."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        while self._queue:
            self._queue.popleft().answer.cancel()

    def _work(self) -> None:
        """Hears what is next; there is nothing where another upload's turn heard it too."""
        batch = self._next()
        begun = time.monotonic()
        try:
            if len(batch) == 1 and not batch[0].is_short:
                self._read(batch[0], _pieces(batch[0]), begun)
            elif batch:
                answers = batch[0].model.listener.log_probs([upload.first[0] for upload in batch if upload.first])
                share = (time.monotonic() - begun) / len(batch)
                for upload, log_probs in zip(batch, answers, strict=True):
                    self._read(upload, iter([log_probs]), time.monotonic() - share)
        except Exception as problem:  # a bug must not silence who waits, nor those who come later
            for upload in batch:
                _settle(upload, problem)

    def _next(self) -> list[Upload]:
        """A long upload, or short ones of one model that fill a pass of the network."""
        batch: list[Upload] = []
        while self._queue:
            upload = self._queue[0]
            try:
                self._open(upload)
            except Exception as problem:
                self._queue.popleft()
                _settle(upload, problem)
                continue
            if batch and not _fits(upload, batch):
                break
            self._queue.popleft()
            batch.append(upload)
            if not upload.is_short:
                break
        return batch

    def _open(self, upload: Upload) -> None:
        """raises  Cancelled, AudioError, UploadTooLong"""
        if upload.gone.is_set():
            raise Cancelled
        if upload.first is None:
            upload.blocks = self._blocks(upload)
            upload.first = list(islice(upload.blocks, 2)) or [np.zeros(0, np.float32)]
        if upload.heard < upload.model.shortest:
            window = upload.model.listener.config.features.window_seconds
            raise AudioError(f"{CALLED} is shorter than one window of {window:g} s")

    def _blocks(self, upload: Upload) -> Iterator[np.ndarray]:
        for block in read_blocks(upload.path, upload.model.sample_rate, STREAMED_SECONDS):
            upload.heard += len(block)
            if upload.heard > self._max_seconds * upload.model.sample_rate:
                raise UploadTooLong
            yield block

    def _read(self, upload: Upload, pieces: Iterator[np.ndarray], begun: float) -> None:
        """The search over an upload's log-probs, and its answer; `begun` is when the work on it began."""
        model, search = upload.model, upload.model.decoder.start()
        try:
            for log_probs in pieces:
                if upload.gone.is_set():
                    raise Cancelled
                search.feed(model.decoder.check(log_probs, CALLED))
                if upload.grown is not None:
                    upload.grown(_stable_text(search, model))
            best, seconds = search.finish()[0], upload.heard / model.sample_rate
        except Exception as problem:
            _settle(upload, problem)
            return
        model.metrics.uploaded(seconds, time.monotonic() - begun, time.monotonic() - upload.came)
        record = {**describe_words(best, best.words(model.listener.frame_seconds)), "duration": round(seconds, 3)}
        if model.writer:
            record = model.writer.write(record)
        upload.answer.set_result(record)


def _fits(upload: Upload, batch: list[Upload]) -> bool:
    """Whether an upload may join a pass: of the same model, short, and no longer all together than a pass may be."""
    if not upload.is_short or upload.model is not batch[0].model:
        return False
    longest = max(one.heard for one in [*batch, upload])
    return (len(batch) + 1) * longest <= BATCH_SECONDS * upload.model.sample_rate


def _settle(upload: Upload, problem: Exception) -> None:
    """An upload has no answer, but this."""
    if upload.answer.done():
        return
    if isinstance(problem, Cancelled):
        upload.answer.cancel()
    elif isinstance(problem, AudioError):
        told = str(problem).replace(f"`{upload.path}`", CALLED).replace(str(upload.path), "upload")
        upload.answer.set_exception(AudioError(told))
    else:
        upload.answer.set_exception(problem)


def _pieces(upload: Upload) -> Iterator[np.ndarray]:
    """Log-probs of a long upload: neither the sound of hours nor they stand in memory."""
    listener, blocks = upload.model.listener, chain(upload.first or [], upload.blocks)
    upload.first = None
    if not upload.model.is_windowed:
        yield from _streamed(Streams(listener), blocks)
        return
    remaining = windows(blocks, listener.config)
    while batch := list(islice(remaining, max(1, int(BATCH_SECONDS / PIECE_SECONDS)))):
        answers = listener.log_probs([window.samples for window in batch])
        for window, log_probs in zip(batch, answers, strict=True):
            yield log_probs[window.first : window.last]


def _streamed(streams: Streams, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    place = streams.start()
    for block in blocks:
        yield streams.accept([place], [block])[0]
    yield streams.finish([place])[0]


def _stable_text(search: Any, model: Model) -> str:
    best, stable = search.finish()[0], search.n_agreed()
    words = [word.word for word in best.words(model.listener.frame_seconds)]
    return (" " if best.text == " ".join(words) else "").join(words[:stable])


def _step_behind() -> None:
    """Lower this thread's priority; on Linux that is a thread's own, and its helpers inherit it."""
    if hasattr(os, "setpriority") and os.uname().sysname == "Linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND)
