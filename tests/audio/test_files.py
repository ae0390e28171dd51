"""Recordings: what was written is read, at any offset, rate and number of channels; the rest is a clear error."""

import numpy as np
import pytest

from ds2cli.audio.files import read_audio, read_info, resample, write_audio
from ds2cli.errors import AudioError
from ds2cli.media import AUDIO_SUFFIXES

RATE = 8000


def tone(seconds: float = 1.0, hertz: float = 440, rate: int = RATE) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize(("suffix", "tolerance"), [("wav", 1e-4), ("flac", 1e-4), ("aiff", 1e-4), ("ogg", 0.05)])
def test_what_is_written_is_read(tmp_path, suffix, tolerance):
    path = tmp_path / f"a.{suffix}"
    write_audio(path, tone(), RATE)
    found = read_audio(path, RATE)
    assert found.dtype == np.float32 and found.flags["C_CONTIGUOUS"]
    assert len(found) == len(tone()) and np.abs(found - tone()).max() < tolerance
    info = read_info(path)
    assert (info.frames, info.sample_rate, info.channels, info.seconds) == (RATE, RATE, 1, 1.0)
    assert path.suffix in AUDIO_SUFFIXES


@pytest.mark.parametrize(("offset", "duration"), [(0, 0.5), (0.25, None), (0.3, 0.2), (0.5, 99.0), (0.123456, 0.1)])
def test_a_part_is_that_part(tmp_path, offset, duration):
    write_audio(tmp_path / "a.flac", tone(), RATE)
    first = round(offset * RATE)
    end = RATE if duration is None else min(first + round(duration * RATE), RATE)
    whole = read_audio(tmp_path / "a.flac", RATE)
    assert np.array_equal(read_audio(tmp_path / "a.flac", RATE, offset, duration), whole[first:end])


def test_channels_are_averaged(tmp_path):
    write_audio(tmp_path / "a.wav", np.stack([tone(), 0 * tone(), tone(hertz=100)], 1), RATE)
    assert np.abs(read_audio(tmp_path / "a.wav", RATE) - (tone() + tone(hertz=100)) / 3).max() < 1e-4


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_another_rate_keeps_length_pitch_and_loudness(tmp_path, rate):
    write_audio(tmp_path / "a.wav", tone(rate=rate), rate)
    found = read_audio(tmp_path / "a.wav", 16000)
    assert len(found) == pytest.approx(16000, abs=1)
    expected = tone(rate=16000)[: len(found)]
    assert np.abs(found[500 : len(expected) - 500] - expected[500:-500]).max() < 2e-3


def test_the_same_rate_changes_no_sample():
    assert np.array_equal(resample(tone(), RATE, RATE), tone())


def test_opus_decodes_to_its_length(an4_utterances):
    for one in an4_utterances(3):
        assert len(read_audio(one.audio, 16000)) == pytest.approx(read_info(one.audio).seconds * 16000, abs=2)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"hello" * 100, bytes(4000)], ids=["empty", "stub", "text", "zeros"])
@pytest.mark.parametrize("read", [read_info, lambda path: read_audio(path, RATE)], ids=["info", "audio"])
def test_what_is_no_audio_is_an_error_that_names_it(tmp_path, read, content):
    (tmp_path / "b.flac").write_bytes(content)
    with pytest.raises(AudioError, match="b.flac` is not audio that soundfile can read") as problem:
        read(tmp_path / "b.flac")
    assert problem.value.hint == "see the formats with: ds2 doctor"


@pytest.mark.parametrize("read", [read_info, lambda path: read_audio(path, RATE)], ids=["info", "audio"])
def test_a_file_that_is_not_there_is_an_error(tmp_path, read):
    with pytest.raises(AudioError, match="no such file: `"):
        read(tmp_path / "none.wav")
    with pytest.raises(AudioError, match="is not audio"):
        read(tmp_path)


def test_nothing_after_the_end_is_an_error(tmp_path):
    write_audio(tmp_path / "a.wav", tone(), RATE)
    for offset, duration in ((1.0, None), (5.0, 1.0), (0.5, 0.0)):
        with pytest.raises(AudioError, match="has no audio at"):
            read_audio(tmp_path / "a.wav", RATE, offset, duration)
    write_audio(tmp_path / "empty.wav", tone(0), RATE)
    with pytest.raises(AudioError, match="has no audio at 0.000 s"):
        read_audio(tmp_path / "empty.wav", RATE)


def test_a_file_cut_short_gives_what_it_holds(tmp_path):
    path = tmp_path / "a.wav"
    write_audio(path, tone(), RATE)
    path.write_bytes(path.read_bytes()[:6000])
    assert np.abs(read_audio(path, RATE) - tone()[:2978]).max() < 1e-4
