"""Tempo and pauses: lengths, pitch, order, and nothing but what was there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.audio.augment import augment_waveform
from ds2cli.audio.tempo import change_tempo, pauses
from ds2cli.config import AugmentConfig

RATE = 16000


def tone(hertz: float, seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def hush(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1e-4, round(seconds * RATE)).astype(np.float32)


def loud_seconds(waveform: np.ndarray) -> float:
    return float(np.mean(np.abs(waveform) > 0.01)) * len(waveform) / RATE


@pytest.mark.parametrize("tempo", [0.6, 0.85, 1.2, 1.6])
@pytest.mark.parametrize("hertz", [90, 200, 1000])
def test_tempo_moves_length_and_leaves_pitch_and_power(tempo, hertz):
    plain = tone(hertz, 2.0)
    slow = change_tempo(plain, RATE, tempo)
    assert slow.dtype == np.float32
    assert len(slow) / RATE == pytest.approx(2.0 / tempo, abs=0.05)
    assert np.abs(np.fft.rfft(slow)).argmax() * RATE / len(slow) == pytest.approx(hertz, abs=2)
    middle = slow[1000:-1000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(np.sqrt(np.mean(plain**2)), rel=0.05)


@pytest.mark.parametrize("tempo", [0.7, 1.0, 1.4])
@pytest.mark.parametrize("pause", [0.4, 1.0, 2.5])
def test_pauses_last_as_asked_beside_the_tempo(tempo, pause):
    spoken = np.concatenate([tone(300, 0.8), hush(0.6), tone(500, 0.7), hush(0.9), tone(200, 0.5)])
    changed = change_tempo(spoken, RATE, tempo, pause)
    loud, quiet = loud_seconds(spoken), len(spoken) / RATE - loud_seconds(spoken)
    assert loud_seconds(changed) == pytest.approx(loud / tempo, rel=0.1)
    assert len(changed) / RATE - loud_seconds(changed) == pytest.approx(quiet * pause / tempo, rel=0.15)


def test_what_was_said_keeps_its_order():
    said = [300, 700, 450, 1200]
    slow = change_tempo(np.concatenate([tone(hertz, 0.5) for hertz in said]), RATE, 0.5)
    parts = [slow[round((index + 0.25) * RATE) :][: RATE // 2] for index in range(4)]
    assert [np.abs(np.fft.rfft(part)).argmax() * 2 for part in parts] == pytest.approx(said, abs=6)


def test_the_closure_of_a_plosive_is_no_pause():
    hop = RATE // 80
    short, long = (np.concatenate([tone(300, 0.5), hush(gap), tone(300, 0.5)]) for gap in (0.06, 0.3))
    assert not pauses(short, hop, 8).any()
    assert pauses(long, hop, 8).mean() == pytest.approx(0.3 / 1.3, abs=0.03)


def test_nothing_to_change_is_left_alone():
    plain = tone(300, 1.0)
    assert change_tempo(plain, RATE, 1.0) is plain
    assert augment_waveform(plain, RATE, [], AugmentConfig(), np.random.default_rng(1)) is plain


@settings(deadline=None, max_examples=60)
@given(
    samples=st.integers(0, 6000), loud=st.sampled_from([0.0, 1e-20, 0.1, 1.0]), tempo=st.floats(0.2, 5),
    pause=st.floats(0.2, 5), rate=st.sampled_from([8000, 11025, 16000]),
)
def test_any_sound_has_a_tempo(samples, loud, tempo, pause, rate):
    waveform = (loud * np.random.default_rng(samples).uniform(-1, 1, samples)).astype(np.float32)
    changed = change_tempo(waveform, rate, tempo, pause)
    assert np.isfinite(changed).all() and np.abs(changed).max(initial=0) <= 1.0001 * np.abs(waveform).max(initial=0)
    if samples:
        assert len(changed)


def test_every_tempo_and_many_pauses_are_drawn():
    spoken = np.concatenate([tone(300, 0.5), hush(0.5), tone(300, 0.5)])


    def lengths_of(wanted: AugmentConfig) -> list[float]:
        return [len(augment_waveform(spoken, RATE, [], wanted, np.random.default_rng(s))) / RATE for s in range(60)]

    assert len(set(lengths_of(AugmentConfig(tempos=(0.8, 1.25))))) == 2
    lengths = lengths_of(AugmentConfig(pauses=2.0))
    assert 1.2 < min(lengths) < 1.32 and 1.8 < max(lengths) < 2.05
