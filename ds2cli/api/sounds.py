"""What a Python program may hand in as sound: the path of a recording, or samples with their rate."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from ds2cli.audio.channels import to_mono
from ds2cli.audio.files import HIGHEST_RATE, LOWEST_RATE, resample
from ds2cli.errors import AudioError, UsageError
from ds2cli.inference.utterances import read_utterance
from ds2cli.records.manifest import Utterance
from ds2cli.workflows.inputs import file_utterance

Sound = str | os.PathLike[str] | tuple[Any, int]
MOST_CHANNELS = 64
HINT = 'name a file, "talk.wav", or give samples with their rate: (samples, 16000)'


@dataclass(frozen=True)
class SampledUtterance(Utterance):
    """An utterance whose sound is in memory: (n, channels) float32 amplitude at `rate`."""

    samples: np.ndarray = field(default_factory=lambda: np.zeros((0, 1), np.float32), repr=False, compare=False)
    rate: int = 0


def is_one_sound(given: Sound | Iterable[Sound]) -> bool:
    """Whether it is one recording, and not several."""
    if isinstance(given, (str, os.PathLike, np.ndarray)):
        return True
    return isinstance(given, tuple) and len(given) == 2 and is_number(given[1])


def is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def to_utterances(sounds: Iterable[Sound], channel: int | None) -> list[Utterance]:
    """Every sound as an utterance; those without a name are `sound-1`, `sound-2`, by their place.

    channel  of every recording, from 0; None is the mean of all
    raises   UsageError where one is no sound
    """
    found = [_to_utterance(sound, number) for number, sound in enumerate(sounds, 1)]
    return found if channel is None else [replace(one, channel=channel) for one in found]


def _to_utterance(sound: Sound, number: int) -> Utterance:
    if isinstance(sound, (str, os.PathLike)):
        path = Path(sound)
        if path.is_dir() or path.suffix.lower() == ".jsonl":
            what = "a folder" if path.is_dir() else "a file of records"
            hint = f'recogniser.decode("{path}") hears all of it'
            raise UsageError(f"`{path}` is {what}, not a recording", hint=hint)
        return file_utterance(path)
    if not is_one_sound(sound) or isinstance(sound, np.ndarray):
        raise UsageError(f"sound {number} is neither a path nor samples with their rate", hint=HINT)
    samples, rate = to_frames(sound[0]), to_rate(sound[1])
    name, seconds = f"sound-{number}", len(samples) / rate
    record = {"id": name, "duration": round(seconds, 3)}
    return SampledUtterance(name, name, seconds, record=record, samples=samples, rate=rate)


def read_sound(utterance: Utterance, sample_rate: int) -> np.ndarray:
    """(samples,) float32 at a rate, from a file or from memory.

    raises  AudioError where the file cannot be read, or samples are no sound
    """
    if not isinstance(utterance, SampledUtterance):
        return read_utterance(utterance, sample_rate)
    if not len(utterance.samples):
        raise AudioError(f"`{utterance.audio}` has no samples")
    return resample(to_mono(utterance.samples, utterance.audio, utterance.channel), utterance.rate, sample_rate)


def to_frames(samples: Any) -> np.ndarray:
    """Samples as (n, channels) float32 amplitude; integers are taken for PCM of their width.

    samples  (n,) or (n, channels): an array, or what numpy makes one of
    raises   UsageError where they are of another shape or type
    """
    array = np.asarray(samples)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not 1 <= array.shape[1] <= MOST_CHANNELS:
        hint = "samples come first: (n,) or (n, channels); perhaps samples.T"
        raise UsageError(f"samples of shape {np.shape(samples)}", hint=hint)
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype == np.uint8:
        return (array.astype(np.float32) - 128) / 128
    if array.dtype in (np.int16, np.int32):
        return array.astype(np.float32) / 2 ** (8 * array.itemsize - 1)
    raise UsageError(f"samples of type {array.dtype}", hint="float in [-1, 1], int16, int32 or uint8")


def to_rate(rate: object) -> int:
    """A number of samples per second.

    raises  UsageError where it cannot be one
    """
    if not is_number(rate) or not LOWEST_RATE <= rate <= HIGHEST_RATE or rate != int(rate):
        raise UsageError(f"a rate of {rate!r}", hint="give samples per second as an integer: 16000")
    return int(rate)
