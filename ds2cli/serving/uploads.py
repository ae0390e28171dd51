"""Recordings that come whole: heard one after another, beside the live streams and behind them."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.audio.files import read_blocks
from ds2cli.errors import AudioError
from ds2cli.inference.stream import Streams
from ds2cli.records.jsonl import Record
from ds2cli.serving.models import Model
from ds2cli.workflows.decode import describe_words
from ds2cli.workflows.listen import BATCH_SECONDS, STREAMED_SECONDS
from ds2cli.workflows.windows import PIECE_SECONDS, windows

BEHIND = 10  # niceness: a live stream goes first wherever both want a processor
CALLED = "the upload"


class UploadTooLong(Exception):
    """More sound than an upload may have."""


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


class Uploads:
    """The worker that hears uploads.

    max_seconds  of one recording; more is not read
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="uploads", initializer=_step_behind)

    async def transcribe(self, model: Model, path: Path, came: float,
                         grown: Callable[[str], None] | None = None) -> Record:
        """The record that `ds2 decode` has of this recording, without a name.

        came    when its last byte came
        grown   is told of the text that will not change any more, while it grows
        raises  AudioError, which calls it `the upload`; UploadTooLong
        """
        gone, loop = threading.Event(), asyncio.get_running_loop()

        def tell(text: str) -> None:
            loop.call_soon_threadsafe(grown, text)

        future = loop.run_in_executor(self._pool, self._hear, model, path, gone, tell if grown else None, came)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            gone.set()
            future.cancel()
            raise

    def stop(self) -> None:
        """What waits is dropped; what is being heard ends by its own."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hear(self, model: Model, path: Path, gone: threading.Event, grown: Callable[[str], None] | None,
              came: float) -> Record:  # fmt: skip
        began, search, heard = time.monotonic(), model.decoder.start(), [0]
        try:
            for log_probs in self._log_probs(model, path, heard):
                if gone.is_set():
                    raise Cancelled
                search.feed(model.decoder.check(log_probs, CALLED))
                if grown is not None:
                    grown(_stable_text(search, model))
        except AudioError as problem:
            raise AudioError(str(problem).replace(f"`{path}`", CALLED).replace(str(path), "upload")) from None
        best, seconds = search.finish()[0], heard[0] / model.sample_rate
        model.metrics.uploaded(seconds, time.monotonic() - began, time.monotonic() - came)
        return {**describe_words(best, best.words(model.listener.frame_seconds)), "duration": round(seconds, 3)}

    def _log_probs(self, model: Model, path: Path, heard: list[int]) -> Iterator[np.ndarray]:
        """Piece by piece: neither the sound of hours nor its log-probs stand in memory."""
        blocks = self._blocks(model, path, heard)
        first = list(islice(blocks, 2))
        blocks = chain(first, blocks)
        if len(first) > 1 and not model.is_windowed:  # as `ds2 decode` hears what is long
            yield from _streamed(Streams(model.listener), blocks)
            return
        remaining = windows(blocks, model.listener.config)
        while batch := list(islice(remaining, max(1, int(BATCH_SECONDS / PIECE_SECONDS)))):
            if heard[0] < model.shortest:
                raise AudioError(f"{CALLED} is shorter than one window of "
                                 f"{model.listener.config.features.window_seconds:g} s")
            answers = model.listener.log_probs([window.samples for window in batch])
            for window, log_probs in zip(batch, answers, strict=True):
                yield log_probs[window.first : window.last]

    def _blocks(self, model: Model, path: Path, heard: list[int]) -> Iterator[np.ndarray]:
        for block in read_blocks(path, model.sample_rate, STREAMED_SECONDS):
            heard[0] += len(block)
            if heard[0] > self._max_seconds * model.sample_rate:
                raise UploadTooLong
            yield block


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
