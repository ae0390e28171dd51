"""Recordings on disk: headers, samples, resampling. The only module that knows soundfile and soxr."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ds2cli.audio.members import member_of
from ds2cli.errors import AudioError

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".sph", ".caf", ".w64"})

UNREADABLE = (soundfile.SoundFileError, OSError, RuntimeError, UnicodeError)
# Opus knows no others.
OPUS_RATES = frozenset({8000, 12000, 16000, 24000, 48000})
WRITE_PROBLEMS = (soundfile.SoundFileError, OSError, TypeError, ValueError)
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
        info = soundfile.info(_source(path))
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
        with soundfile.SoundFile(_source(path)) as file:
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
        with soundfile.SoundFile(_source(path)) as file:
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
    try:
        _write(str(path), samples, sample_rate, Path(path).suffix)
    except WRITE_PROBLEMS as problem:
        raise AudioError(f"cannot write `{path}`: {problem}", hint=FORMATS_HINT) from None


def encode_audio(samples: np.ndarray, sample_rate: int, suffix: str) -> bytes:
    """What `write_audio` would write to a file of this suffix.

    raises  AudioError where soundfile cannot encode it
    """
    buffer = io.BytesIO()
    try:
        _write(buffer, samples, sample_rate, suffix)
    except WRITE_PROBLEMS as problem:
        raise AudioError(f"cannot encode {suffix.lstrip('.')}: {problem}", hint=FORMATS_HINT) from None
    return buffer.getvalue()


def _write(target: str | io.BytesIO, samples: np.ndarray, sample_rate: int, suffix: str) -> None:
    # soundfile knows no suffix for Opus, which lives in an Ogg file.
    container, coding = ("OGG", "OPUS") if suffix.lower() == ".opus" else (suffix.lstrip(".").upper(), None)
    soundfile.write(target, samples, sample_rate, format=container, subtype=coding)


def library_version() -> str:
    """Of libsndfile, which soundfile brings or finds."""
    return soundfile.__libsndfile_version__


def _source(path: str | Path) -> bytes | io.BytesIO:
    """What soundfile opens: a path as the disk knows it (it refuses names that are not UTF-8), or a member's bytes."""
    member = member_of(path)
    return os.fsencode(path) if member is None else io.BytesIO(member.read())


def _unreadable(path: str | Path) -> AudioError:
    if member_of(path) is None and not Path(path).exists():
        return AudioError(f"no such file: `{path}`", hint="relative paths are relative to the manifest's folder")
    return AudioError(f"`{path}` is not audio that soundfile can read", hint=FORMATS_HINT)
