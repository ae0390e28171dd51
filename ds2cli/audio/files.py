"""Recordings on disk: headers, samples, resampling. The only module that knows soundfile and soxr."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ds2cli.errors import AudioError

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph", ".caf", ".w64"})

UNREADABLE = (soundfile.SoundFileError, OSError, RuntimeError, UnicodeError)
FORMATS_HINT = "see the formats with: ds2 doctor"
CUT_SECONDS = 0.5


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says of it."""

    frames: int
    sample_rate: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def read_info(path: str | Path) -> AudioInfo:
    """Length, rate and channels from the header, without decoding.

    raises  AudioError where soundfile cannot read the file
    """
    try:
        info = soundfile.info(_as_bytes(path))
    except UNREADABLE:
        raise _unreadable(path) from None
    if info.samplerate <= 0 or info.frames < 0:
        raise _unreadable(path)
    return AudioInfo(info.frames, info.samplerate, info.channels)


def read_audio(path: str | Path, sample_rate: int, offset: float = 0.0, duration: float | None = None) -> np.ndarray:
    """A recording as the network hears it: mono, at one rate.

    offset, duration  seconds into the file and of it; None reads to the end
    returns  (samples,) float32 amplitude in [-1, 1] at sample_rate
    raises   AudioError where the file cannot be read, or nothing is left after offset
    """
    samples, rate = read_samples(path, offset, duration)
    if not len(samples):
        hint = "check offset and duration: ds2 prepare check"
        raise AudioError(f"`{path}` has no audio at {offset:.3f} s", hint=hint)
    return resample(_mono(samples, path), rate, sample_rate)


def read_blocks(path: str | Path, sample_rate: int, seconds: float = 60.0) -> Iterator[np.ndarray]:
    """A long recording as the network hears it, a block at a time: hours of it never stand in memory.

    seconds  of each block, about; only the last is much shorter
    yields   (samples,) float32 amplitude in [-1, 1] at sample_rate; together what read_audio gives
    raises   AudioError where the file cannot be read, or ends before its header says
    """
    try:
        with soundfile.SoundFile(_as_bytes(path)) as file:
            rate, expected = file.samplerate, file.frames
            resampler = soxr.ResampleStream(rate, sample_rate, 1) if rate != sample_rate else None
            heard, is_last = 0, False
            while not is_last:
                samples = file.read(round(seconds * rate), dtype="float32", always_2d=True)
                heard += len(samples)
                is_last = len(samples) < round(seconds * rate)
                mono = _mono(samples, path)
                block = resampler.resample_chunk(mono, last=is_last) if resampler else np.ascontiguousarray(mono)
                if len(block):
                    yield block
    except UNREADABLE:
        raise _unreadable(path) from None
    # Opus and MP3 may count their encoder's delay into the header's length.
    if heard < expected - CUT_SECONDS * rate:
        raise AudioError(f"`{path}` is cut short: {heard / rate:.1f} s of {expected / rate:.1f} s",
                         hint="copy it again from its source")


def read_samples(path: str | Path, offset: float = 0.0, duration: float | None = None) -> tuple[np.ndarray, int]:
    """A recording as it lies on disk: (samples, channels) float32 in [-1, 1], and its own rate.

    raises  AudioError where the file cannot be read
    """
    try:
        with soundfile.SoundFile(_as_bytes(path)) as file:
            start = round(offset * file.samplerate)
            if start:
                file.seek(min(start, file.frames))
            count = -1 if duration is None else round(duration * file.samplerate)
            return file.read(count, dtype="float32", always_2d=True), file.samplerate
    except UNREADABLE:
        raise _unreadable(path) from None


def _mono(samples: np.ndarray, path: str | Path) -> np.ndarray:
    mono = samples[:, 0] if samples.shape[1] == 1 else samples.mean(axis=1)
    if not np.isfinite(mono).all():
        raise AudioError(f"`{path}` holds samples that are not numbers", hint="write it again from its source")
    return mono


def resample(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """(samples,) at one rate -> (samples,) float32 at another; soxr's high quality."""
    if rate == wanted:
        return np.ascontiguousarray(samples, dtype=np.float32)
    return soxr.resample(samples, rate, wanted).astype(np.float32)


def write_audio(path: str | Path, samples: np.ndarray, sample_rate: int) -> None:
    """Samples to a file whose suffix names the format.

    raises  AudioError where soundfile cannot write it
    """
    # soundfile knows no suffix for Opus, which lives in an Ogg file.
    container, coding = ("OGG", "OPUS") if Path(path).suffix.lower() == ".opus" else (None, None)
    try:
        soundfile.write(str(path), samples, sample_rate, format=container, subtype=coding)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError) as problem:
        raise AudioError(f"cannot write `{path}`: {problem}", hint=FORMATS_HINT) from None


def library_version() -> str:
    """Of libsndfile, which soundfile brings or finds."""
    return soundfile.__libsndfile_version__


def _as_bytes(path: str | Path) -> bytes:
    """A path as the disk knows it: soundfile itself would refuse names that are not UTF-8."""
    return os.fsencode(path)


def _unreadable(path: str | Path) -> AudioError:
    if not Path(path).exists():
        return AudioError(f"no such file: `{path}`", hint="relative paths are relative to the manifest's folder")
    return AudioError(f"`{path}` is not audio that soundfile can read", hint=FORMATS_HINT)
