"""One channel from many: the mean, the one that was named, and never silence in the place of sound."""

import numpy as np
import pytest

from ds2cli.audio.channels import cancel_each_other, to_mono
from ds2cli.audio.files import read_audio, read_blocks, write_audio
from ds2cli.errors import AudioError
from ds2cli.records.manifest import parse_channel

RATE = 8000


def noise(seed: int, seconds: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("channel", [None, 0, 1, 2])
def test_the_channel_that_was_named_is_heard_and_else_their_mean(tmp_path, channel):
    channels = np.stack([noise(1), noise(2), noise(3)], 1)
    write_audio(tmp_path / "a.wav", channels, RATE)
    expected = channels.mean(1) if channel is None else channels[:, channel]
    assert np.abs(read_audio(tmp_path / "a.wav", RATE, channel=channel) - expected).max() < 1e-4
    blocks = np.concatenate(list(read_blocks(tmp_path / "a.wav", RATE, 0.3, channel)))
    assert np.abs(blocks - expected).max() < 1e-4


@pytest.mark.parametrize(("n_channels", "channel"), [(1, 1), (2, 2), (2, 7)])
def test_a_channel_that_is_not_there_is_an_error(tmp_path, n_channels, channel):
    write_audio(tmp_path / "a.wav", np.stack([noise(n) for n in range(n_channels)], 1), RATE)
    with pytest.raises(AudioError, match=f"a.wav` has no channel {channel}") as problem:
        read_audio(tmp_path / "a.wav", RATE, channel=channel)
    assert problem.value.hint == ("it has one channel, 0" if n_channels == 1 else "it has channels 0 to 1")


@pytest.mark.parametrize("gain", [-1.0, -0.9, -1.1])
def test_silence_by_cancellation_is_an_error_and_either_channel_is_speech(tmp_path, gain):
    write_audio(tmp_path / "a.wav", np.stack([noise(1), gain * noise(1)], 1), RATE)
    for read in (lambda path: read_audio(path, RATE), lambda path: list(read_blocks(path, RATE))):
        with pytest.raises(AudioError, match="its 2 channels cancel each other") as problem:
            read(tmp_path / "a.wav")
        assert "--channel 0" in problem.value.hint
    assert np.abs(read_audio(tmp_path / "a.wav", RATE, channel=1) - gain * noise(1)).max() < 1e-4


@pytest.mark.parametrize("channels", [
    [noise(1), noise(1)], [noise(1), noise(2)], [noise(1), 0 * noise(1)], [noise(1), -0.5 * noise(1)],
    [noise(n) for n in range(8)], [0 * noise(1), 0 * noise(1)], [1e-5 * noise(1), -1e-5 * noise(1)], [noise(1)],
    [noise(1), np.roll(noise(1), 3)],
], ids=["same", "two speakers", "one silent", "partly", "array", "silence", "almost", "one", "distant"])  # fmt: skip
def test_other_channels_are_added_up(channels):
    samples = np.stack(channels, 1)
    assert not cancel_each_other(samples)
    assert np.allclose(to_mono(samples, "a.wav"), samples.mean(1))


@pytest.mark.parametrize(("word", "channel"), [(0, 0), (1, 1), ("1", 1), ("A", 0), ("b", 1), (None, None), ("", None)])
def test_channels_as_lists_and_people_write_them(word, channel):
    assert parse_channel(word) == channel


@pytest.mark.parametrize("word", [-1, "-1", "left", 1.5, True, [0], "1.0"])
def test_what_is_no_channel_is_refused(word):
    with pytest.raises(ValueError, match="is not a channel"):
        parse_channel(word)
