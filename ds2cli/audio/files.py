"""Recordings on disk: headers, samples, resampling. The only module that knows soundfile and soxr."""

import io
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from ds2cli.audio import ffmpeg, ogg
from ds2cli.audio.channels import to_mono
from ds2cli.audio.layout import Layout, layout_of
from ds2cli.audio.spliced import SplicedFile
from ds2cli.audio.tar_members import open_recording, read_held, recording_exists
from ds2cli.errors import AudioError
from ds2cli.io.text import called
from ds2cli.io.urls import UNREADABLE_HINT, url_of
from ds2cli.media import Kind, conversion

UNREADABLE = (soundfile.SoundFileError, OSError, RuntimeError, UnicodeError)
# Opus knows no others.
OPUS_RATES = frozenset({8000, 12000, 16000, 24000, 48000})
WRITE_PROBLEMS = (soundfile.SoundFileError, OSError, TypeError, ValueError)
FORMATS_HINT = "see the formats with: ds2 doctor"
CUT_SECONDS = 0.5
MOST_FRAMES = 2**48
LOWEST_RATE, HIGHEST_RATE = 100, 1_000_000


@dataclass(frozen=True)
class AudioInfo:
    """What there is in a file."""

    frames: int
    sample_rate: int
    channels: int

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


class NativeSound:
    """A recording that libsndfile reads: one stream, or several one behind another (see `layout`).

    rate, channels, frames  frames of all streams together
    """

    def __init__(self, path: str | Path, layout: Layout) -> None:
        self._path, self._is_cut, self._current = path, layout.is_cut, 0
        self._sources = [SplicedFile(open_recording(path), one) for one in layout.streams]
        sources: list[Any] = [*self._sources] or [_source(path)]
        self._files = [soundfile.SoundFile(source) for source in sources]
        self.rate, self.channels = self._files[0].samplerate, self._files[0].channels
        self.frames = sum(file.frames for file in self._files)
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE or not 0 <= self.frames < MOST_FRAMES:
            raise soundfile.SoundFileRuntimeError("no length, or no rate")
        if any((file.samplerate, file.channels) != (self.rate, self.channels) for file in self._files):
            forms = ", ".join(f"{file.samplerate:,} Hz x {file.channels}" for file in self._files)
            raise AudioError(f"`{path}` is {len(self._files)} recordings of different kinds, joined ({forms})",
                             hint="write each to a file of its own")

    def seek(self, frame: int) -> None:
        """To a frame, or to the end where there are fewer."""
        self._current = 0
        while frame >= self._files[self._current].frames and self._current < len(self._files) - 1:
            frame -= self._files[self._current].frames
            self._current += 1
        file = self._files[self._current]
        if file.seekable():
            file.seek(min(frame, file.frames))
        else:  # GSM, whose frames depend on those before them
            file.read(min(frame, file.frames))

    def read(self, count: int = -1) -> np.ndarray:
        """(count, channels) float32 in [-1, 1], or all that is left."""
        parts, wanted = [], count
        try:
            while True:
                file = self._files[self._current]
                part = file.read(file.frames if count < 0 else wanted, dtype="float32", always_2d=True)
                parts.append(part)
                wanted -= len(part)
                if not wanted or self._current == len(self._files) - 1:
                    return np.concatenate(parts) if len(parts) > 1 else part
                self._current += 1
        except UNREADABLE:
            reason = "cut short" if self._is_cut else "cut short or damaged"
            raise AudioError(f"`{self._path}` is {reason}: it cannot be decoded to its end",
                             hint="copy it again from its source") from None

    def close(self) -> None:
        for file in (*self._files, *self._sources):
            file.close()


def open_sound(path: str | Path) -> NativeSound | ffmpeg.FfmpegSound | ffmpeg.PyavSound:
    """A recording, to be read piece by piece.

    raises  AudioError where nothing here can read it
    """
    kind = None
    try:
        layout = layout_of(path)
        kind = layout.kind
        if kind is None or kind.is_native:
            return NativeSound(path, layout)
    except UNREADABLE as problem:
        raise _unreadable(path, kind, problem) from None
    return ffmpeg.open_by_ffmpeg(path, kind)


def read_info(path: str | Path) -> AudioInfo:
    """Length, rate and channels, without decoding where the header can be believed.

    raises  AudioError where the file cannot be read
    """
    with closing(open_sound(path)) as sound:
        return AudioInfo(sound.frames, sound.rate, sound.channels)


def read_audio(path: str | Path, sample_rate: int, offset: float = 0.0, duration: float | None = None,
               channel: int | None = None) -> np.ndarray:
    """A recording as the network hears it: one channel, at one rate.

    offset, duration  seconds into the file and of it; None reads to the end
    channel  which, from 0; None is the mean of all
    returns  (samples,) float32 amplitude in [-1, 1] at sample_rate
    raises   AudioError where the file cannot be read, or nothing is left after offset
    """
    samples, rate = read_samples(path, offset, duration)
    if not len(samples):
        hint = "check offset and duration: ds2 prepare check"
        raise AudioError(f"`{path}` has no audio at {offset:.3f} s", hint=hint)
    return resample(to_mono(samples, path, channel), rate, sample_rate)


def read_blocks(path: str | Path, sample_rate: int, seconds: float = 60.0, channel: int | None = None
                ) -> Iterator[np.ndarray]:  # fmt: skip
    """A long recording as the network hears it, a block at a time: hours of it never stand in memory.

    seconds  of each block, about; only the last is much shorter
    yields   (samples,) float32 amplitude in [-1, 1] at sample_rate; together what read_audio gives
    raises   AudioError where the file cannot be read, or ends before its header says
    """
    with closing(open_sound(path)) as sound:
        rate = sound.rate
        resampler = soxr.ResampleStream(rate, sample_rate, 1) if rate != sample_rate else None
        heard, is_last = 0, False
        while not is_last:
            samples = sound.read(round(seconds * rate))
            heard += len(samples)
            is_last = len(samples) < round(seconds * rate)
            mono = to_mono(samples, path, channel)
            block = resampler.resample_chunk(mono, last=is_last) if resampler else np.ascontiguousarray(mono)
            if len(block):
                yield block
        # Opus and MP3 may count their encoder's delay into the header's length.
        expected = sound.frames if isinstance(sound, NativeSound) else heard
        if heard < expected - CUT_SECONDS * rate:
            raise AudioError(f"`{path}` is cut short: {heard / rate:.1f} s of {expected / rate:.1f} s",
                             hint="copy it again from its source")


def read_samples(path: str | Path, offset: float = 0.0, duration: float | None = None) -> tuple[np.ndarray, int]:
    """A recording as it lies on disk: (samples, channels) float32 in [-1, 1], and its own rate.

    raises  AudioError where the file cannot be read
    """
    with closing(open_sound(path)) as sound:
        if start := round(offset * sound.rate):
            sound.seek(start)
        return sound.read(-1 if duration is None else round(duration * sound.rate)), sound.rate


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
    """What `write_audio` would write to a file of this suffix; the same sound gives the same bytes.

    raises  AudioError where soundfile cannot encode it
    """
    buffer = io.BytesIO()
    try:
        _write(buffer, samples, sample_rate, suffix)
    except WRITE_PROBLEMS as problem:
        raise AudioError(f"cannot encode {suffix.lstrip('.')}: {problem}", hint=FORMATS_HINT) from None
    encoded = buffer.getvalue()
    return ogg.with_own_serial(encoded) if encoded.startswith(ogg.MAGIC) else encoded


def _write(target: str | io.BytesIO, samples: np.ndarray, sample_rate: int, suffix: str) -> None:
    # soundfile knows no suffix for Opus, which lives in an Ogg file.
    container, coding = ("OGG", "OPUS") if suffix.lower() == ".opus" else (suffix.lstrip(".").upper(), None)
    soundfile.write(target, samples, sample_rate, format=container, subtype=coding)


def library_version() -> str:
    """Of libsndfile, which soundfile brings or finds."""
    return soundfile.__libsndfile_version__


def _source(path: str | Path) -> bytes | io.BytesIO:
    """What soundfile opens: a path as the disk knows it (it refuses names that are not UTF-8), or bytes held."""
    content = read_held(path)
    return os.fsencode(path) if content is None else io.BytesIO(content)


def _unreadable(path: str | Path, kind: Kind | None, problem: Exception) -> AudioError:
    is_elsewhere = url_of(path) is not None
    if isinstance(problem, FileNotFoundError) or not is_elsewhere and not recording_exists(path):
        return AudioError(f"no such file: {called(path)}", hint="relative paths are relative to the manifest's folder")
    if is_elsewhere and isinstance(problem, OSError):
        return AudioError(f"cannot read {called(path)}: {problem.strerror}", hint=UNREADABLE_HINT)
    hint = FORMATS_HINT if kind is None else f"perhaps ffmpeg can: {conversion(path)}"
    return AudioError(f"{called(path)} is not audio that soundfile can read", hint=hint)
