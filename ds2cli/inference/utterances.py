"""Utterances to log-probs: read by threads, batched by length, answers in order.

Long ones are heard in overlapping windows; or, where the network needs nothing of the future, as streams, of which no
more than a minute is in memory at a time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from ds2cli.audio.bandwidth import highest_hertz, is_narrow
from ds2cli.audio.features import window_samples
from ds2cli.audio.files import read_audio, read_blocks, read_info
from ds2cli.audio.layout import is_cut_short
from ds2cli.config import Config
from ds2cli.errors import AudioError, Ds2Error
from ds2cli.inference.stream import Streams, needs_of_the_future
from ds2cli.inference.windows import PIECE_SECONDS, Window, kept_frames, windows
from ds2cli.io.parallel import ordered_map
from ds2cli.model.ensemble import Ensemble
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import Utterance

WINDOW_UTTERANCES = 64  # sorted by length among themselves
WINDOW_SECONDS = 1800.0 # and no more of them at once than this, unless one alone is longer
GROUP_UTTERANCES = 16   # of a window pass through the network together, wherever that is
NARROW_RATE = 8000      # a telephone's
SHOWN_CUTS = 3
BATCH_SECONDS = 120.0   # of padded audio in one pass of the network
STREAMED_SECONDS = 60.0 # recordings longer than this are streams, where the network can hear one


@dataclass(frozen=True)
class UtteranceLogProbs:
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


@dataclass(frozen=True)
class LongSound:
    """A recording that does not stand in memory: its first block, and all of them."""

    first: np.ndarray
    blocks: Iterator[np.ndarray]


@dataclass
class Observers:
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


def infer(recogniser: Recogniser, utterances: Iterable[Utterance], jobs: int, listeners: Observers | None = None
           ) -> Iterator[UtteranceLogProbs]:  # fmt: skip
    """Each utterance with its (T, V) log-probs, in order; unreadable ones with their problem."""
    features, listeners = recogniser.config.features, listeners or Observers()
    clock = ProgressMeter(features.sample_rate, listeners.heard)
    notes = Notes(recogniser.config, listeners.warn)

    is_alone = not isinstance(recogniser, Ensemble)
    streams = Streams(recogniser) if is_alone and not needs_of_the_future(recogniser.config) else None

    def read(utterance: Utterance) -> np.ndarray | LongSound | str:
        listeners.reads(utterance)
        try:
            if streams and listeners.read is read_utterance and is_long(utterance):
                blocks = read_blocks(utterance.audio, features.sample_rate, STREAMED_SECONDS, utterance.channel)
                return LongSound(next(blocks), blocks)
            samples = listeners.read(utterance, features.sample_rate)
        except AudioError as problem:
            return _as_named(utterance, problem)
        if len(samples) < window_samples(features):
            return f"`{utterance.audio}` is shorter than one window of {features.window_seconds:g} s"
        return samples

    for window in side_by_side(utterances):
        sounds = list(ordered_map(read, window, jobs))
        notes.look_at(window, [sound.first if isinstance(sound, LongSound) else sound for sound in sounds])
        answers = _answers_by_groups(recogniser, window, sounds, clock)
        for place, (utterance, sound) in enumerate(zip(window, sounds, strict=True)):
            if isinstance(sound, str):
                yield UtteranceLogProbs(utterance, None, problem=sound)
            elif isinstance(sound, LongSound):
                assert streams
                yield _stream(streams, utterance, sound, clock)
            else:
                yield UtteranceLogProbs(utterance, answers[place], len(sound) / features.sample_rate)


def is_long(utterance: Utterance) -> bool:
    """Whether it is a whole recording of more than STREAMED_SECONDS."""
    if utterance.offset or 0 < utterance.duration <= STREAMED_SECONDS:
        return False
    seconds = _length(utterance)
    return seconds > STREAMED_SECONDS and (not utterance.duration or utterance.duration > seconds - 0.01)


def _stream(streams: Streams, utterance: Utterance, sound: LongSound, clock: "ProgressMeter") -> UtteranceLogProbs:
    """A recording heard block by block; one that lacks its end, as far as it goes."""
    place, problem = streams.start(), ""
    found, n_samples = [], 0
    try:
        for block in chain([sound.first], sound.blocks):
            clock.read(len(block))
            found.append(streams.accept([place], [block])[0])
            n_samples += len(block)
            clock.heard(len(block))
    except AudioError as wrong:
        problem = "" if is_cut_short(utterance.audio) else _as_named(utterance, wrong)
    if problem:
        return UtteranceLogProbs(utterance, None, problem=problem)
    log_probs = np.concatenate([*found, streams.finish([place])[0]])
    return UtteranceLogProbs(utterance, log_probs, n_samples / streams.recogniser.config.features.sample_rate)


def _as_named(utterance: Utterance, problem: AudioError) -> str:
    """What is wrong, of the name that a person knows: what came down a pipe lies elsewhere."""
    return str(problem).replace(utterance.audio, str(utterance.record.get("audio_filepath") or utterance.audio))


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


class ProgressMeter:
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


def side_by_side(utterances: Iterable[Utterance]) -> Iterator[list[Utterance]]:
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


def groups(window: list[Utterance]) -> Iterator[list[int]]:
    """The places of utterances of like length, which share the network's batches and no others do.

    Decided by what the records and the files' headers say, before any sound is read: so a group can be heard by another
    process, to the same bits. A group is one of its own.
    """
    lengths = [one.duration or _length(one) for one in window]
    group: list[int] = []
    for place in sorted(range(len(window)), key=lambda place: -lengths[place]):
        is_full = len(group) == GROUP_UTTERANCES
        if group and (is_full or (len(group) + 1) * lengths[group[0]] > BATCH_SECONDS):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _answers_by_groups(recogniser: Recogniser, window: list[Utterance], sounds: list[Any], clock: ProgressMeter
                       ) -> dict[int, np.ndarray]:  # fmt: skip
    """The log-probs of a window's utterances by their places, of those whose sound stands in memory."""
    answers: dict[int, np.ndarray] = {}
    clock.read(sum(len(sound) for sound in sounds if isinstance(sound, np.ndarray)))
    for group in groups(window):
        there = [place for place in group if isinstance(sounds[place], np.ndarray)]
        answers.update(zip(there, _answers(recogniser, [sounds[place] for place in there], clock), strict=True))
    return answers


def _answers(recogniser: Recogniser, waveforms: list[np.ndarray], clock: ProgressMeter) -> Iterator[np.ndarray]:
    """Log-probs of waveforms, in their order; alike lengths share a batch."""
    config = recogniser.config
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


def infer_long(recogniser: Recogniser, audio: str, place: Path, watch: Callable[[np.ndarray], None],
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
