"""Utterances to log-probs: read by threads, batched by length, long ones in overlapping windows, answers in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from ds2cli.audio.bandwidth import highest_hertz, is_narrow
from ds2cli.audio.features import window_samples
from ds2cli.audio.files import read_audio, read_blocks, read_info
from ds2cli.audio.layout import is_cut_short
from ds2cli.config import Config
from ds2cli.errors import AudioError, Ds2Error
from ds2cli.io.parallel import ordered_map
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import Utterance
from ds2cli.workflows.windows import PIECE_SECONDS, Window, kept_frames, windows

WINDOW_UTTERANCES = 64  # sorted by length among themselves
WINDOW_SECONDS = 1800.0 # and no more of them at once than this, unless one alone is longer
NARROW_RATE = 8000      # a telephone's
SHOWN_CUTS = 3
BATCH_SECONDS = 120.0   # of padded audio in one pass of the network


@dataclass(frozen=True)
class Heard:
    """An utterance and what the network made of it; log_probs is None where it could not be read, and says why."""

    utterance: Utterance
    log_probs: np.ndarray | None
    seconds: float = 0.0
    problem: str = ""


def read_utterance(utterance: Utterance, sample_rate: int) -> np.ndarray:
    """(samples,) at a rate, from the utterance's file; as `read_audio`."""
    return read_audio(
        utterance.audio, sample_rate, utterance.offset, utterance.duration or None, utterance.channel
    )


@dataclass
class Listeners:
    """Who is told what, while recordings are heard.

    reads  every utterance, before it is read
    read   an utterance at a rate: from its file, unless somebody has it elsewhere
    warn   what a person should know of a recording, once for each kind of thing
    heard  the seconds of sound that have been heard, and those that have been read
    """

    reads: Callable[[Utterance], None] = lambda utterance: None
    read: Callable[[Utterance, int], np.ndarray] = read_utterance
    warn: Callable[[str], None] = lambda message: None
    heard: Callable[[float, float], None] = lambda done, total: None


def listen(recogniser: Recogniser, utterances: Iterable[Utterance], jobs: int, listeners: Listeners | None = None
           ) -> Iterator[Heard]:  # fmt: skip
    """Each utterance with its (T, V) log-probs, in order; unreadable ones with their problem."""
    features, listeners = recogniser.config.features, listeners or Listeners()
    clock = Clock(features.sample_rate, listeners.heard)
    notes = Notes(recogniser.config, listeners.warn)

    def read(utterance: Utterance) -> np.ndarray | str:
        listeners.reads(utterance)
        try:
            samples = listeners.read(utterance, features.sample_rate)
        except AudioError as problem:
            # What came down a pipe lies elsewhere, which nobody needs to know.
            return str(problem).replace(utterance.audio, str(utterance.record.get("audio_filepath") or utterance.audio))
        if len(samples) < window_samples(features):
            return f"`{utterance.audio}` is shorter than one window of {features.window_seconds:g} s"
        return samples

    for window in _side_by_side(utterances):
        waveforms = list(ordered_map(read, window, jobs))
        sounds = [one for one in waveforms if not isinstance(one, str)]
        notes.look_at(window, waveforms)
        answers = _answers(recogniser, sounds, clock)
        for utterance, waveform in zip(window, waveforms, strict=True):
            if isinstance(waveform, str):
                yield Heard(utterance, None, problem=waveform)
            else:
                yield Heard(utterance, next(answers), len(waveform) / features.sample_rate)


class Notes:
    """What a person should know of recordings that can be read: each kind of thing a few times at most."""

    def __init__(self, config: Config, warn: Callable[[str], None]) -> None:
        self._rate, self._warn = config.features.sample_rate, warn
        self._may_be_narrow = self._rate > NARROW_RATE and not config.augment.narrowband_share
        self._n_cut = 0

    def look_at(self, utterances: list[Utterance], waveforms: list[np.ndarray | str]) -> None:
        for utterance, waveform in zip(utterances, waveforms, strict=True):
            if isinstance(waveform, str):
                continue
            if self._may_be_narrow and is_narrow(waveform, self._rate):
                self._may_be_narrow = False
                self._warn(f"`{utterance.id}` holds no sound above {highest_hertz(waveform, self._rate):,.0f} Hz, and "
                           f"the model was trained to hear up to {self._rate // 2:,}: expect more errors here, and in "
                           "others like it")
            if not utterance.duration and self._n_cut < SHOWN_CUTS and is_cut_short(utterance.audio):
                self._n_cut += 1
                more = " (others may be, too)" if self._n_cut == SHOWN_CUTS else ""
                self._warn(f"`{utterance.id}` is cut short: its file lacks its end{more}")


class Clock:
    """How much sound has been read, and how much of it has been heard."""

    def __init__(self, sample_rate: int, heard: Callable[[float, float], None]) -> None:
        self._sample_rate, self._tell = sample_rate, heard
        self._done = self._total = 0

    def read(self, n_samples: int) -> None:
        self._total += n_samples
        self._tell(self._done / self._sample_rate, self._total / self._sample_rate)

    def heard(self, n_samples: int) -> None:
        """Windows overlap: what is heard twice counts once at the end."""
        self._done = min(self._done + n_samples, self._total)
        self._tell(self._done / self._sample_rate, self._total / self._sample_rate)


def _side_by_side(utterances: Iterable[Utterance]) -> Iterator[list[Utterance]]:
    """Utterances that are read together: so many, and so much sound, that memory holds them."""
    window: list[Utterance] = []
    seconds = 0.0
    for utterance in utterances:
        length = utterance.duration or _length(utterance)
        if window and (len(window) == WINDOW_UTTERANCES or seconds + length > WINDOW_SECONDS):
            yield window
            window, seconds = [], 0.0
        window.append(utterance)
        seconds += length
    if window:
        yield window


def _length(utterance: Utterance) -> float:
    """Seconds of a whole recording; 0 where it cannot be read, which is said when it is its turn."""
    try:
        return read_info(utterance.audio).seconds
    except AudioError:
        return 0.0


def _answers(recogniser: Recogniser, waveforms: list[np.ndarray], clock: Clock) -> Iterator[np.ndarray]:
    """Log-probs of waveforms, in their order; alike lengths share a batch."""
    config = recogniser.config
    clock.read(sum(map(len, waveforms)))
    cut = [(owner, window) for owner, samples in enumerate(waveforms) for window in windows([samples], config)]
    parts: list[np.ndarray] = [np.zeros(0)] * len(cut)
    by_length = sorted(range(len(cut)), key=lambda i: -len(cut[i][1].samples))
    for batch in _batches(by_length, [len(window.samples) for _, window in cut], config.features.sample_rate):
        for i, log_probs in zip(batch, _hear(recogniser, [cut[i][1] for i in batch]), strict=True):
            parts[i] = log_probs
        clock.heard(sum(len(cut[i][1].samples) for i in batch))
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


def listen_long(recogniser: Recogniser, audio: str, place: Path, watch: Callable[[np.ndarray], None],
                channel: int | None = None, heard: Callable[[float, float], None] = lambda done, total: None
                ) -> np.ndarray:  # fmt: skip
    """The log-probs of hours of sound, on disk: read in blocks, heard in windows, mapped into memory.

    place   the file of log-probs; what an interrupted call left there is not computed again
    watch   is told of every block of samples
    heard   is told of the seconds that have been heard, and of all
    returns (T, V) float32, mapped from place
    raises  AudioError where the recording cannot be read to its end; Ds2Error where the disk fills
    """
    n_units, sample_rate = len(recogniser.units), recogniser.config.features.sample_rate
    total = 0.0 if place.exists() else read_info(audio).seconds
    kept = kept_frames(recogniser.config)

    def blocks() -> Iterator[np.ndarray]:
        for block in read_blocks(audio, sample_rate, channel=channel):
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
                    heard(min(file.tell() / (n_units * 4) * recogniser.frame_seconds, total), total)
            unfinished.replace(place)
        except OSError as problem:
            hint = f"is there room? df -h {place.parent}"
            raise Ds2Error(f"cannot write `{unfinished}`: {problem.strerror}", hint=hint) from None
    return np.memmap(place, np.float32, "r").reshape(-1, n_units)
