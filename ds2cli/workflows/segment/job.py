"""Many recordings at once: processes over cores and GPUs, answers in the order of the questions."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import torch

from ds2cli.alignment.filter import read_filter
from ds2cli.errors import Ds2Error
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.devices import usable_device
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.workflows.segment.inputs import Pair, choose_shard, read_pairs
from ds2cli.workflows.segment.recording import Answer, SegmentSettings, segment_recording
from ds2cli.workflows.segment.work import WorkFolder, open_work


@dataclass(frozen=True)
class SegmentRequest:
    """What is segmented, by which model, how.

    output  what the answers are written to, if a file: unfinished work is kept beside it
    work    where to keep it instead
    shard   "2/8": the second of eight jobs
    """

    model: str
    inputs: list[str]
    settings: SegmentSettings
    output: Path | None = None
    work: Path | None = None
    jobs: int = 1
    device: str = "auto"
    shard: str | None = None


def segment(request: SegmentRequest) -> Iterator[Answer]:
    """The answer of every recording, in order; each is kept as soon as it is there, so that a killed job goes on.

    raises  UsageError where the inputs, the model or the filter cannot be read; Ds2Error where a process dies
    """
    usable_device(request.device)
    load_checkpoint(request.model)
    read_filter(request.settings.filter)
    work = open_work(request.work, request.output)
    pairs = choose_shard(read_pairs(request.inputs), request.shard)
    try:
        first = list(islice(pairs, 2))
        jobs = request.jobs if len(first) > 1 else 1
        answers = _here(first, pairs, request, work) if jobs == 1 else _elsewhere(first, pairs, request, work, jobs)
        yield from answers
        if not work.keeps_log_probs:
            work.remove()
    finally:
        if work.is_temporary:
            work.remove()


def _here(first: list[Pair], others: Iterator[Pair], request: SegmentRequest, work: WorkFolder) -> Iterator[Answer]:
    load = partial(_recogniser, request.model, usable_device(request.device))
    for pairs in (first, others):
        for pair in pairs:
            yield segment_recording(pair, request.model, load, request.settings, work)


def _elsewhere(
    first: list[Pair], others: Iterator[Pair], request: SegmentRequest, work: WorkFolder, jobs: int
) -> Iterator[Answer]:
    context = multiprocessing.get_context("spawn")  # a forked torch may hang
    numbers = context.Value("i", 0)
    pool = ProcessPoolExecutor(jobs, context, _begin, (numbers, usable_device(request.device), jobs))
    waiting: deque[Future] = deque()
    try:
        for pairs in (first, others):
            for pair in pairs:
                waiting.append(pool.submit(_answer, pair, request.model, request.settings, work))
                if len(waiting) > 2 * jobs:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise Ds2Error("a process that was listening has died: out of memory?",
                       hint="the same command goes on; with fewer at once: --jobs 1") from None
    finally:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes if waiting else []:
            process.terminate()  # what it was listening to goes on at the next call


_device = "cpu"


def _begin(numbers, device: str, jobs: int) -> None:
    """A process of the pool finds its place: its share of the cores, its GPU."""
    global _device
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends the others
    with numbers.get_lock():
        number = numbers.value
        numbers.value += 1
    n_devices = torch.cuda.device_count() if device == "cuda" else 0
    _device = f"cuda:{number % n_devices}" if n_devices > 1 else device
    torch.set_num_threads(max((os.cpu_count() or 1) // jobs, 1))


def _answer(pair: Pair, model: str, settings: SegmentSettings, work: WorkFolder) -> Answer:
    return segment_recording(pair, model, partial(_recogniser, model, _device), settings, work)


@lru_cache(maxsize=1)
def _recogniser(model: str, device: str) -> Recogniser:
    return load_recogniser(model, device)
