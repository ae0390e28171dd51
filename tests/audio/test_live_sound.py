"""Sound down a pipe: whatever the pieces, the samples are those that were sent."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.audio.files import resample
from ds2cli.audio.live import LiveResampler, PcmFormat, decode_pcm, read_pcm
from ds2cli.errors import AudioError

SOUND = (0.5 * np.sin(np.arange(4000) / 7)).astype(np.float32)


class Dripping(io.RawIOBase):
    """A pipe that gives some bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes, self._turn = io.BytesIO(data), sizes, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._turn += 1
        part = self._data.read(min(len(buffer), self._sizes[self._turn % len(self._sizes)]))
        buffer[: len(part)] = part
        return len(part)


def pcm(samples: np.ndarray) -> bytes:
    return (samples * 32767).astype("<i2").tobytes()


@given(sizes=st.lists(st.integers(1, 999), min_size=1, max_size=6), seconds=st.sampled_from([0.01, 0.0137, 0.1]))
def test_raw_pcm_is_the_same_in_any_pieces(sizes, seconds):
    pipe = io.BufferedReader(Dripping(pcm(SOUND), sizes))
    _, blocks = read_pcm(pipe, PcmFormat(8000), seconds)
    assert np.abs(np.concatenate(list(blocks)) - SOUND).max() < 1e-4


def test_half_a_sample_at_the_end_is_no_sample():
    _, blocks = read_pcm(io.BytesIO(pcm(SOUND)[:-1]), PcmFormat(8000), 0.1)
    assert len(np.concatenate(list(blocks))) == len(SOUND) - 1


@pytest.mark.parametrize(
    ("subtype", "channels"), [("PCM_16", 1), ("PCM_16", 2), ("PCM_U8", 1), ("PCM_32", 1), ("FLOAT", 2)]
)
def test_a_wav_says_itself_what_it_holds(subtype, channels):
    file = io.BytesIO()
    soundfile.write(file, np.stack([SOUND] * channels, 1), 44100, format="WAV", subtype=subtype)
    data = bytearray(file.getvalue())
    at = data.index(b"data")
    data[at + 4 : at + 8] = b"\xff\xff\xff\xff"  # arecord and ffmpeg do not know how long it will be
    found, blocks = read_pcm(io.BytesIO(bytes(data)), PcmFormat(8000), 0.1)
    assert (found.rate, found.channels) == (44100, channels)
    assert np.abs(np.concatenate(list(blocks)) - SOUND).max() < (0.02 if subtype == "PCM_U8" else 1e-3)


def test_compressed_sound_is_named():
    file = io.BytesIO()
    soundfile.write(file, SOUND, 16000, format="FLAC")
    with pytest.raises(AudioError, match="compressed"):
        read_pcm(io.BytesIO(file.getvalue()), PcmFormat(), 0.1)


def test_what_is_not_a_number_is_silence():
    samples = np.array([0.5, np.nan, np.inf, -0.25], "<f4")
    assert decode_pcm(samples.tobytes(), PcmFormat(encoding="f32le")).tolist() == [0.5, 0, 0, -0.25]


def test_a_second_wav_in_the_pipe_is_named_once_the_first_was_heard():
    """Its rate may be another, and its header is no sound."""
    first, second = io.BytesIO(), io.BytesIO()
    soundfile.write(first, SOUND, 16000, format="WAV")
    soundfile.write(second, SOUND, 8000, format="WAV")
    for sizes in ([999], [7], [4]):
        pipe = io.BufferedReader(Dripping(first.getvalue() + second.getvalue(), sizes))
        _, blocks = read_pcm(pipe, PcmFormat(), 0.01)
        heard = []
        with pytest.raises(AudioError, match="second WAV"):
            heard.extend(blocks)
        assert np.abs(np.concatenate(heard)[:3800] - SOUND[:3800]).max() < 1e-3


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_a_stream_is_resampled_as_the_whole(rate):
    resampler = LiveResampler(rate, 16000)
    parts = [resampler(SOUND[at : at + 333]) for at in range(0, len(SOUND), 333)]
    parts.append(resampler(np.zeros(0, np.float32), last=True))
    whole = resample(SOUND, rate, 16000)
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-3
