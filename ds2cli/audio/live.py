"""Sound as it comes: PCM down a pipe, a microphone; resampled as a stream."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Literal

import numpy as np
import soxr

from ds2cli import hints
from ds2cli.errors import AudioError, UsageError

Encoding = Literal["s16le", "s32le", "f32le", "u8"]
ENCODINGS: dict[str, str] = {"s16le": "<i2", "s32le": "<i4", "f32le": "<f4", "u8": "u1"}
LONGEST_HEADER = 1 << 16  # bytes before a WAV's samples
_ANOTHER_WAV = re.compile(rb"RIFF....WAVE(fmt |JUNK|LIST|bext)", re.DOTALL)  # no samples are so by chance


@dataclass(frozen=True)
class PcmFormat:
    """Samples without a header."""

    rate: Annotated[int, "samples per second"] = 16000
    channels: Annotated[int, "interleaved; they are averaged"] = 1
    encoding: Annotated[Encoding, "s16le, s32le, f32le, u8"] = "s16le"

    @property
    def frame_bytes(self) -> int:
        """Of one sample of every channel."""
        return np.dtype(ENCODINGS[self.encoding]).itemsize * self.channels


def read_pcm(stream: BinaryIO, raw: PcmFormat, seconds: float) -> tuple[PcmFormat, Iterator[np.ndarray]]:
    """What a pipe holds, and its samples in blocks, (any,) float32 mono at its own rate.

    stream   raw PCM as `raw` says, or a WAV that says it itself (`arecord` writes one); its lengths are not believed
    seconds  the length of a block
    raises   AudioError where the pipe holds another format, or a WAV of a kind that is not PCM
    """
    head = stream.read(12)
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        found, head = _wav_format(stream), b""
    elif head[:4] in (b"fLaC", b"OggS") or head[:3] == b"ID3" or head[4:8] == b"ftyp":
        raise AudioError(
            "stdin holds compressed audio, which does not stream", hint="ffmpeg -i - -f s16le -ar 16000 -ac 1 -"
        )
    else:
        found = raw
    return found, _blocks(stream, found, seconds, head)


def _blocks(stream: BinaryIO, pcm: PcmFormat, seconds: float, held: bytes) -> Iterator[np.ndarray]:
    size, before = max(int(pcm.rate * seconds), 1) * pcm.frame_bytes, b""
    while more := stream.read(size - len(held)):
        if _ANOTHER_WAV.search(before + more):
            raise AudioError("stdin has a second WAV after the first", hint="sox a.wav b.wav -t wav -")
        held, before = held + more, more[-16:]
        whole = len(held) // pcm.frame_bytes * pcm.frame_bytes  # a pipe may break anywhere, and go on
        yield decode_pcm(held[:whole], pcm)
        held = held[whole:]


def decode_pcm(data: bytes, pcm: PcmFormat) -> np.ndarray:
    """Whole samples of PCM -> (n,) float32 in [-1, 1], channels averaged; what is not a number is silence."""
    samples = np.frombuffer(data, ENCODINGS[pcm.encoding]).reshape(-1, pcm.channels)
    if pcm.encoding == "f32le":
        return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-8, 8).mean(1).astype(np.float32)
    if pcm.encoding == "u8":
        return ((samples.astype(np.float32) - 128) / 128).mean(1)
    return (samples.astype(np.float32) / 2 ** (8 * samples.itemsize - 1)).mean(1)


def _wav_format(stream: BinaryIO) -> PcmFormat:
    """Reads up to a WAV's first sample."""
    found, passed = None, 0
    while len(chunk := stream.read(8)) == 8 and passed < LONGEST_HEADER:
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        if name == b"data":
            break
        body = stream.read(min(size + size % 2, LONGEST_HEADER))
        passed += len(body)
        if name == b"fmt " and len(body) >= 16:
            found = _pcm_of(body)
    else:
        raise AudioError(
            "stdin begins like a WAV, but holds no samples", hint=hints.SEND_RAW_PCM
        )
    if found is None:
        raise AudioError("stdin is a WAV that is not PCM", hint="ffmpeg -i - -f s16le -ar 16000 -ac 1 -")
    return found


def _pcm_of(body: bytes) -> PcmFormat | None:
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if kind == 0xFFFE and len(body) >= 26:
        kind = struct.unpack("<H", body[24:26])[0]
    known: dict[tuple[int, int], Encoding] = {(1, 8): "u8", (1, 16): "s16le", (1, 32): "s32le", (3, 32): "f32le"}
    encoding = known.get((kind, bits))
    return PcmFormat(rate, channels, encoding) if encoding and channels and rate else None


class LiveResampler:
    """Blocks at one rate to blocks at another, as if they had come whole."""

    def __init__(self, rate: int, wanted: int) -> None:
        self._stream = None if rate == wanted else soxr.ResampleStream(rate, wanted, 1, dtype="float32")

    def __call__(self, samples: np.ndarray, last: bool = False) -> np.ndarray:
        """(any,) -> (any,) float32; with last, what was held back comes too."""
        if self._stream is None:
            return samples
        return self._stream.resample_chunk(np.ascontiguousarray(samples, np.float32), last=last)


def microphone(rate: int, seconds: float) -> Iterator[np.ndarray]:
    """Blocks from the default microphone, (n,) float32, without an end.

    raises  UsageError where the package sounddevice, or a microphone, is missing
    """
    try:
        import sounddevice
    except (ImportError, OSError):
        raise UsageError(
            "the microphone needs the package sounddevice",
            hint=hints.WITHOUT_SOUNDDEVICE,
        ) from None
    try:
        with sounddevice.InputStream(rate, channels=1, dtype="float32", blocksize=int(rate * seconds)) as device:
            while True:
                yield device.read(int(rate * seconds))[0][:, 0]
    except sounddevice.PortAudioError as problem:
        raise AudioError(f"no microphone: {problem}", hint="list them with: python -m sounddevice") from None
