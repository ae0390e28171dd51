"""Recordings in formats that libsndfile does not read (m4a, webm, wma, AMR, ...), by way of ffmpeg or PyAV."""

import importlib.util
import shutil
import struct
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from ds2cli.audio.tar_members import member_of
from ds2cli.errors import AudioError
from ds2cli.io.remote import local_copy
from ds2cli.media import Kind, conversion

AU_HEADER = ">4s5I"
BLOCK = 1 << 16
# Where ffmpeg finds a time exactly without decoding what comes before it.
SOUGHT = "mov", "matroska"


def reader() -> str:
    """What reads these formats here: `ffmpeg`, `PyAV`, or nothing."""
    if shutil.which("ffmpeg"):
        return "ffmpeg"
    return "PyAV" if importlib.util.find_spec("av") else ""


def open_by_ffmpeg(path: str | Path, kind: Kind) -> "FfmpegSound | PyavSound":
    """A recording, as `audio.files.open_sound` gives it.

    raises  AudioError where neither ffmpeg nor PyAV is there, or the one that is cannot read it
    """
    member = member_of(path)
    if member is not None:  # containers like these want to be sought in
        copy = tempfile.NamedTemporaryFile(suffix=Path(path).suffix)
        copy.write(member.read())
        copy.flush()
        sound = _open(copy.name, str(path), kind)
        sound.copy = copy  # until the sound is let go: it is opened again to seek, and to count its frames
        return sound
    return _open(str(local_copy(path)), str(path), kind)


def _open(place: str, name: str, kind: Kind) -> "FfmpegSound | PyavSound":
    found = reader()
    if not found:
        raise AudioError(f"`{name}` is {kind.name}, which needs ffmpeg or PyAV; "
                         f"where it is: {conversion(name)}", hint="pip install av")
    return FfmpegSound(place, name, kind) if found == "ffmpeg" else PyavSound(place, name, kind)


class FfmpegSound:
    """A recording that another process decodes: samples come down a pipe, behind a header of AU."""

    copy: IO[bytes] | None = None

    def __init__(self, place: str, name: str, kind: Kind) -> None:
        self._place, self._name, self._kind = place, name, kind
        self._begin(0.0)

    def _begin(self, seconds: float) -> None:
        start = ["-ss", f"{seconds:.6f}"] if seconds else []
        # Only this file, in only this format: a playlist in its place cannot name others.
        source = ["-protocol_whitelist", "file", "-f", self._kind.demuxer, *start, "-i", f"file:{self._place}"]
        sound = ["-map", "0:a:0", "-vn", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
        self._process = subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", *source, *sound],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self._process.stdout and self._process.stderr
        self._sound, self._complaints = self._process.stdout, self._process.stderr
        head = self._sound.read(struct.calcsize(AU_HEADER))
        if len(head) < struct.calcsize(AU_HEADER):
            raise self._unreadable()
        _, offset, _, _, self.rate, self.channels = struct.unpack(AU_HEADER, head)
        self._sound.read(offset - len(head))

    def _unreadable(self) -> AudioError:
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        self.close()
        reason = said[0].rpartition("] ")[2] if said else "no sound in it"
        return AudioError(f"`{self._name}` is {self._kind.name} that ffmpeg cannot read: {reason}",
                          hint=f"see what is in it: ffprobe {self._name}")

    @property
    def frames(self) -> int:
        """All of the recording: it is decoded once to be counted, as headers promise too much or too little."""
        return count_frames(self._place, Path(self._place).stat().st_mtime_ns, self._name, self._kind)

    def seek(self, frame: int) -> None:
        """From the beginning, once."""
        if self._kind.demuxer in SOUGHT:
            self.close()
            self._begin(frame / self.rate)
        else:
            skip(self, frame)

    def read(self, count: int = -1) -> np.ndarray:
        """(count, channels) float32, or all that is left."""
        width = 4 * self.channels
        content = self._sound.read(-1 if count < 0 else count * width)
        usable = len(content) // width * width
        if (count < 0 or usable < count * width) and self._process.wait():
            raise self._unreadable()
        return np.frombuffer(content[:usable], ">f4").astype(np.float32).reshape(-1, self.channels)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._sound.close()
        self._complaints.close()


class PyavSound:
    """A recording that ffmpeg's libraries decode in this process."""

    copy: IO[bytes] | None = None

    def __init__(self, place: str, name: str, kind: Kind) -> None:
        import av

        self._place, self._name, self._kind = place, name, kind
        try:
            self._container = av.open(place, format=kind.demuxer)
            self._stream = self._container.streams.audio[0]
        except (av.FFmpegError, IndexError) as problem:
            raise self._unreadable(problem) from None
        self.rate, self.channels = self._stream.rate, self._stream.channels
        self._skipped, self._blocks, self._held = 0, self._decoded(), np.zeros((0, self.channels), np.float32)

    def _unreadable(self, problem: Exception) -> AudioError:
        reason = getattr(problem, "strerror", None) or "no sound in it"
        return AudioError(f"`{self._name}` is {self._kind.name} that PyAV cannot read: {reason}",
                          hint=f"see what is in it: ffprobe {self._name}")

    def _decoded(self) -> Any:
        import av

        resampler = av.AudioResampler(format="flt", rate=self.rate)
        try:
            for frame in self._container.decode(self._stream):
                for one in resampler.resample(frame):
                    yield one.to_ndarray().reshape(-1, self.channels)
            for one in resampler.resample(None):
                yield one.to_ndarray().reshape(-1, self.channels)
        except av.FFmpegError as problem:
            raise self._unreadable(problem) from None

    @property
    def frames(self) -> int:
        return count_frames(self._place, Path(self._place).stat().st_mtime_ns, self._name, self._kind)

    def seek(self, frame: int) -> None:
        """From the beginning, once; by decoding, which is exact in every container."""
        skip(self, frame)

    def read(self, count: int = -1) -> np.ndarray:
        """(count, channels) float32, or all that is left."""
        parts, n = [self._held], len(self._held)
        while count < 0 or n < count:
            block = next(self._blocks, None)
            if block is None:
                break
            parts.append(block)
            n += len(block)
        whole = np.concatenate(parts)
        count = len(whole) if count < 0 else count
        self._held = whole[count:]
        return whole[:count]

    def close(self) -> None:
        self._container.close()


def skip(sound: FfmpegSound | PyavSound, frame: int) -> None:
    """Decode so many samples, and forget them."""
    while frame > 0 and len(block := sound.read(min(frame, BLOCK))):
        frame -= len(block)


@lru_cache(maxsize=4096)
def count_frames(place: str, _changed: int, name: str, kind: Kind) -> int:
    """Samples of each channel in a recording, by decoding it."""
    sound, count = _open(place, name, kind), 0
    try:
        while len(block := sound.read(BLOCK)):
            count += len(block)
    finally:
        sound.close()
    return count
