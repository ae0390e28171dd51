"""Many recordings at once: processes over cores and GPUs, answers in the order of the questions."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain, islice
from multiprocessing.connection import wait
from multiprocessing.sharedctypes import Synchronized
from threading import Thread

import torch

from ds2cli.alignment.filter import read_filter
from ds2cli.errors import Ds2Error
from ds2cli.io.atomic import make_folder
from ds2cli.jobs.plan import Plan
from ds2cli.jobs.work import Work, Worker
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.devices import usable_device
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.records.formats import all_of_one_recording
from ds2cli.workflows.segment.inputs import RecordingText, read_recording_texts
from ds2cli.workflows.segment.recording import SegmentedRecording, SegmentSettings, segment_recording
from ds2cli.workflows.segment.work import WorkFolder


@dataclass(frozen=True)
class SegmentRequest:
    """What is segmented, by which model, how.

    jobs    recordings at once; None is one for each GPU, or for each of `cores`
    one_recording  the output has room for one: more are refused before the work
    """

    model: str
    inputs: list[str]
    settings: SegmentSettings
    jobs: int | None = None
    cores: int = 1
    device: str = "auto"
    channel: int | None = None
    one_recording: bool = False


def segment(
    request: SegmentRequest, work: WorkFolder, heard: Callable[[float, float], None] = lambda done, total: None,
    plan: Plan | None = None,
) -> Iterator[SegmentedRecording]:
    """The answer of every recording, in order.

    work    keeps each as soon as it is there, so that a killed job goes on
    heard   is told of the seconds of a recording that have been heard, and of all, where one is heard at a time
    plan    where the work is done
    raises  UsageError where the inputs, the model or the filter cannot be read; Ds2Error where a process dies
    """
    plan = plan or Plan()
    read_filter(request.settings.filter)
    pairs = read_recording_texts(request.inputs, request.channel)
    if request.one_recording:
        asked = list(pairs)
        all_of_one_recording({"id": pair.id, "audio_filepath": pair.audio} for pair in asked)
        pairs = iter(asked)
    if plan.cluster is None:
        yield from plan.answers(segment_work(partial(_open_all, request, work, heard)), enumerate(pairs))
        return
    job, seconds = segment_work(partial(_open_one, request, work), request.device != "cpu"), 0.0
    for answer in plan.answers(job, enumerate(pairs)):
        seconds += answer.recording.get("seconds", 0.0)
        heard(seconds, 0.0)
        yield answer


def segment_work(open_worker: Callable[[], Worker], takes_gpu: bool = False) -> Work[RecordingText, SegmentedRecording]:
    """The work of segmenting; its questions are recordings with their texts."""
    return Work(
        open=open_worker, name=lambda pair: repr((pair.id, pair.audio, pair.text, pair.text_file, pair.record)),
        pack=lambda one: ({"segments": one.segments, "recording": one.recording, "problem": one.problem,
                           "doubt": one.doubt}, []),
        unpack=lambda pair, found, _: SegmentedRecording(pair, **found),
        lost=lambda pair, why: SegmentedRecording(pair, problem=f"`{pair.id}`: {why}"), takes_gpu=takes_gpu,
    )


def _open_all(request: SegmentRequest, work: WorkFolder, heard: Callable[[float, float], None]) -> Worker:
    """All cores and GPUs of this machine."""
    device = usable_device(request.device)
    load_checkpoint(request.model)
    jobs = request.jobs or (torch.cuda.device_count() if device == "cuda" else request.cores)

    def answers(pairs: Iterable[RecordingText]) -> Iterator[SegmentedRecording]:
        pairs = iter(pairs)
        first = list(islice(pairs, 2))
        if jobs == 1 or len(first) < 2:
            load = partial(_recogniser, request.model, device)
            yield from (segment_recording(pair, request.model, load, request.settings, work, heard)
                        for pair in chain(first, pairs))
        else:
            yield from _elsewhere(chain(first, pairs), request, device, work, jobs)

    return answers


def _open_one(request: SegmentRequest, work: WorkFolder) -> Worker:
    """One process, somewhere; a temporary folder is one on its machine."""
    make_folder(work.path)
    return _open_all(replace(request, jobs=1), work, lambda done, total: None)


def _elsewhere(
    pairs: Iterable[RecordingText], request: SegmentRequest, device: str, work: WorkFolder, jobs: int
) -> Iterator[SegmentedRecording]:
    """The answers of a pool of processes, a few recordings ahead of who asks for them."""
    context = multiprocessing.get_context("spawn")  # a forked torch may hang
    numbers = context.Value("i", 0)
    pool = ProcessPoolExecutor(jobs, context, _begin, (numbers, device, jobs))
    waiting: deque[Future] = deque()
    try:
        for pair in pairs:
            waiting.append(pool.submit(_answer, pair, request.model, device, request.settings, work))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise Ds2Error("a worker process has died: out of memory?",
                       hint="run the same command again to continue; with fewer processes: --jobs 1") from None
    finally:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        # What one listens to goes on at the next call. One that is still starting would not find `numbers` any more.
        for process in processes:
            process.terminate()


def _begin(numbers: Synchronized, device: str, jobs: int) -> None:
    """A process of the pool finds its place: its share of the cores, and its GPU, which is its `cuda` from here on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends the others
    Thread(target=_end_with_parent, daemon=True).start()
    with numbers.get_lock():
        number = numbers.value
        numbers.value += 1
    n_devices = torch.cuda.device_count() if device == "cuda" else 0
    if n_devices > 1:
        torch.cuda.set_device(number % n_devices)
    torch.set_num_threads(max((os.cpu_count() or 1) // jobs, 1))


def _end_with_parent() -> None:
    """A first process that was killed cannot end the others: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _answer(
    pair: RecordingText, model: str, device: str, settings: SegmentSettings, work: WorkFolder
) -> SegmentedRecording:
    return segment_recording(pair, model, partial(_recogniser, model, device), settings, work)


@lru_cache(maxsize=1)
def _recogniser(model: str, device: str) -> Recogniser:
    return load_recogniser(model, device).by_ctc()
