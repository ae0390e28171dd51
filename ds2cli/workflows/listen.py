"""Utterances to log-probs: read by threads, batched by length, long ones in overlapping windows, answers in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ds2cli.audio.features import window_samples
from ds2cli.audio.files import read_audio, read_blocks
from ds2cli.errors import AudioError, Ds2Error
from ds2cli.io.parallel import ordered_map
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import Utterance
from ds2cli.workflows.windows import PIECE_SECONDS, Window, kept_frames, windows

WINDOW_UTTERANCES = 64  # sorted by length among themselves
BATCH_SECONDS = 120.0   # of padded audio in one pass of the network


@dataclass(frozen=True)
class Heard:
    """An utterance and what the network made of it; log_probs is None where it could not be read, and says why."""

    utterance: Utterance
    log_probs: np.ndarray | None
    seconds: float = 0.0
    problem: str = ""


def listen(recogniser: Recogniser, utterances: Iterable[Utterance], jobs: int,
           watch: Callable[[Utterance], None] = lambda utterance: None) -> Iterator[Heard]:
    """Each utterance with its (T, V) log-probs, in order; unreadable ones with their problem.

    watch  is told of every utterance before it is read
    """
    features = recogniser.config.features

    def read(utterance: Utterance) -> np.ndarray | str:
        watch(utterance)
        duration = utterance.duration or None
        try:
            samples = read_audio(utterance.audio, features.sample_rate, utterance.offset, duration)
        except AudioError as problem:
            return str(problem)
        if len(samples) < window_samples(features):
            return f"`{utterance.audio}` is shorter than one window of {features.window_seconds:g} s"
        return samples

    remaining = iter(utterances)
    while window := list(islice(remaining, WINDOW_UTTERANCES)):
        waveforms = list(ordered_map(read, window, jobs))
        answers = _answers(recogniser, [one for one in waveforms if not isinstance(one, str)])
        for utterance, waveform in zip(window, waveforms, strict=True):
            if isinstance(waveform, str):
                yield Heard(utterance, None, problem=waveform)
            else:
                yield Heard(utterance, next(answers), len(waveform) / features.sample_rate)


def _answers(recogniser: Recogniser, waveforms: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Log-probs of waveforms, in their order; alike lengths share a batch."""
    config = recogniser.config
    cut = [(owner, window) for owner, samples in enumerate(waveforms) for window in windows([samples], config)]
    parts: list[np.ndarray] = [np.zeros(0)] * len(cut)
    by_length = sorted(range(len(cut)), key=lambda i: -len(cut[i][1].samples))
    for batch in _batches(by_length, [len(window.samples) for _, window in cut], config.features.sample_rate):
        for i, log_probs in zip(batch, _hear(recogniser, [cut[i][1] for i in batch]), strict=True):
            parts[i] = log_probs
    for owner in range(len(waveforms)):
        yield np.concatenate([part for (of, _), part in zip(cut, parts, strict=True) if of == owner])


def _hear(recogniser: Recogniser, batch: list[Window]) -> Iterator[np.ndarray]:
    """The kept log-probs of each window."""
    for window, log_probs in zip(batch, recogniser.log_probs([window.samples for window in batch]), strict=True):
        yield log_probs[window.first : window.last]


def _batches(order: list[int], lengths: list[int], sample_rate: int) -> Iterator[list[int]]:
    """Neighbours in length, up to BATCH_SECONDS once padded to the longest of them."""
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_SECONDS * sample_rate:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def listen_long(recogniser: Recogniser, audio: str, place: Path, watch: Callable[[np.ndarray], None]) -> np.ndarray:
    """The log-probs of hours of sound, on disk: read in blocks, heard in windows, mapped into memory.

    place   the file of log-probs; what an interrupted call left there is not computed again
    watch   is told of every block of samples
    returns (T, V) float32, mapped from place
    raises  AudioError where the recording cannot be read to its end; Ds2Error where the disk fills
    """
    n_units, sample_rate = len(recogniser.units), recogniser.config.features.sample_rate
    kept = kept_frames(recogniser.config)

    def blocks() -> Iterator[np.ndarray]:
        for block in read_blocks(audio, sample_rate):
            watch(block)
            yield block

    if not place.exists():
        unfinished = place.with_name(f"{place.name}.part")
        try:
            with open(unfinished, "ab") as file:
                # The last window is longer than the others, so what looks like the last whole one is heard again.
                done = max(file.tell() // (kept * n_units * 4) - 1, 0)
                file.truncate(done * kept * n_units * 4)
                remaining = islice(windows(blocks(), recogniser.config), done, None)
                while batch := list(islice(remaining, max(1, int(BATCH_SECONDS / PIECE_SECONDS)))):
                    for log_probs in _hear(recogniser, batch):
                        file.write(np.ascontiguousarray(log_probs, np.float32).tobytes())
                    file.flush()
            unfinished.replace(place)
        except OSError as problem:
            hint = f"is there room? df -h {place.parent}"
            raise Ds2Error(f"cannot write `{unfinished}`: {problem.strerror}", hint=hint) from None
    return np.memmap(place, np.float32, "r").reshape(-1, n_units)
