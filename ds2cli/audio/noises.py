"""Noise to mix with speech, from recordings of any length: read a stretch at a time, short ones kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ds2cli.audio.files import read_audio, read_info

# Decoded noise that stays in memory, in each process that augments: two hours of it at 16 kHz.
KEPT_BYTES = 2**28


@dataclass
class Noise:
    """A recording, or a part of one; `len` of it is in samples at `sample_rate`.

    n_samples  at that rate, as its header has it
    is_kept    once read, it stays in memory
    """

    audio: str
    sample_rate: int
    n_samples: int
    offset: float = 0.0
    channel: int | None = None
    is_kept: bool = False
    _held: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.n_samples

    def stretch(self, start: int, length: int) -> np.ndarray:
        """(length,) float32 from a sample on; behind its end it begins again.

        raises  AudioError where the recording cannot be read
        """
        if self.is_kept or length >= self.n_samples:
            return _repeated(self._whole(), start, length)
        first = self._read(start, min(length, self.n_samples - start))
        return first if len(first) == length else np.concatenate([first, self._read(0, length - len(first))])

    def _whole(self) -> np.ndarray:
        if self._held is not None:
            return self._held.astype(np.float32) / np.float32(32767)
        whole = self._read(0, self.n_samples)
        if self.is_kept:
            self._held = (whole.clip(-1, 1) * 32767).round().astype(np.int16)
            return self._whole()
        return whole

    def _read(self, start: int, length: int) -> np.ndarray:
        """(length,) of what is there; a sample too few after another rate's rounding is silence."""
        seconds = start / self.sample_rate, length / self.sample_rate
        found = read_audio(self.audio, self.sample_rate, self.offset + seconds[0], seconds[1], self.channel)[:length]
        return np.pad(found, (0, length - len(found)))


def _repeated(noise: np.ndarray, start: int, length: int) -> np.ndarray:
    if start + length <= len(noise):
        return noise[start : start + length]
    return np.resize(np.roll(noise, -start), length)


@dataclass(frozen=True)
class NoiseSource:
    """Where noise is: a whole recording, or from `offset` on for `duration` seconds."""

    audio: str
    offset: float = 0.0
    duration: float | None = None
    channel: int | None = None


def open_noises(places: Iterable[NoiseSource], sample_rate: int, room: float = KEPT_BYTES) -> list[Noise]:
    """Noises whose headers have been read; the first ones stay in memory, as far as there is room.

    Which ones is settled here, so that what is mixed does not depend on what was read before.

    raises  AudioError where one cannot be read, or holds nothing
    """
    noises = []
    for place in places:
        seconds = max(read_info(place.audio).seconds - place.offset, 0.0)
        n_samples = int(min(seconds, place.duration or seconds) * sample_rate)
        if not n_samples:
            read_audio(place.audio, sample_rate, place.offset, place.duration)  # says so
        is_kept = 2 * n_samples <= room
        room -= 2 * n_samples * is_kept
        noises.append(Noise(place.audio, sample_rate, n_samples, place.offset, place.channel, is_kept))
    return noises
