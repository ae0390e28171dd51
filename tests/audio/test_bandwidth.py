"""Speech of a telephone's band is told from other speech, whatever the sample rate of its file."""

import numpy as np
import pytest

from ds2cli.audio.augment import narrow_band
from ds2cli.audio.bandwidth import highest_hertz, is_narrow
from ds2cli.audio.files import read_audio, resample, write_audio

RATE = 16000


@pytest.fixture(scope="module")
def spoken(an4_utterances):
    return [read_audio(one.audio, RATE) for one in an4_utterances(25)]


def test_speech_is_not_narrow_and_is_through_a_telephone(spoken, tmp_path):
    for sound in spoken:
        assert not is_narrow(sound, RATE)
        write_audio(tmp_path / "a.wav", narrow_band(sound, RATE), RATE)
        write_audio(tmp_path / "b.wav", resample(sound, RATE, 8000), 8000)
        for name in "ab":
            narrow = read_audio(tmp_path / f"{name}.wav", RATE)
            assert is_narrow(narrow, RATE) and 3500 <= highest_hertz(narrow, RATE) <= 4000


@pytest.mark.parametrize("sound", [np.zeros(0), np.zeros(100), np.zeros(RATE), np.ones(RATE)])
def test_silence_and_next_to_nothing_are_not_accused(sound):
    assert not is_narrow(sound.astype(np.float32), RATE)
