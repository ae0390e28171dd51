"""One channel from many: the one that a person named, or all of them added up, unless they cancel each other."""

from pathlib import Path

import numpy as np

from ds2cli import hints
from ds2cli.errors import AudioError

# What is left of sound on channels that have nothing in common is 1 / n of it (n channels). A twentieth of that is left
# where one is nearly the other's negative: a balanced line that was recorded as stereo, a microphone wired wrongly.
CANCELLED = 0.05
SILENCE = 1e-7


def to_mono(samples: np.ndarray, path: str | Path, channel: int | None = None) -> np.ndarray:
    """(samples, channels) -> (samples,): one channel, counted from 0, or the mean of all.

    raises  AudioError where there is no such channel, where the channels cancel each other, or where samples are no
            numbers
    """
    n_channels = samples.shape[1]
    if channel is not None and not 0 <= channel < n_channels:
        has = "one channel, 0" if n_channels == 1 else f"channels 0 to {n_channels - 1}"
        raise AudioError(f"`{path}` has no channel {channel}", hint=f"it has {has}")
    if n_channels == 1 or channel is not None:
        mono = samples[:, channel or 0]
    else:
        mono = samples.mean(axis=1)
        if cancel_each_other(samples):
            raise AudioError(f"`{path}`: its {n_channels} channels cancel each other",
                             hint=hints.NAME_CHANNEL)
    if not np.isfinite(mono).all():
        raise AudioError(f"`{path}` holds samples that are not numbers", hint="create it again from its source")
    return mono


def cancel_each_other(samples: np.ndarray) -> bool:
    """Whether the mean of (samples, channels) is next to nothing, though there is sound on them."""
    if samples.shape[1] == 1 or not len(samples):
        return False
    power = float(np.square(samples, dtype=np.float64).mean())
    left = float(np.square(samples.mean(axis=1), dtype=np.float64).mean())
    return power > SILENCE and left < CANCELLED * power / samples.shape[1]
