"""Augmentation: measured, within its bounds, and the same whoever draws it."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.audio.augment import (
    augment_waveform,
    change_speed,
    draw_masks,
    generator_for,
    mask_features,
    mix_noise,
    narrow_band,
)
from ds2cli.audio.files import write_audio
from ds2cli.audio.noises import NoiseSource, open_noises
from ds2cli.config import AugmentConfig, Config, FeatureConfig, ModelConfig
from ds2cli.errors import AudioError, UsageError
from ds2cli.text.units import units_of
from ds2cli.training.batches import plan_epoch
from ds2cli.training.data import SpeechSet, epoch_batches, load_noises

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8000


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


@settings(deadline=None, max_examples=30)
@given(snr=st.floats(-10, 40), seed=st.integers(0, 99))
def test_noise_comes_at_its_ratio(snr, seed):
    speech = tone(440, 2.0)
    noise = rng(seed).normal(0, 0.05, len(speech)).astype(np.float32)
    added = mix_noise(speech, noise, snr).astype(np.float64) - speech
    measured = 10 * np.log10(np.mean(speech.astype(np.float64) ** 2) / np.mean(added**2))
    assert measured == pytest.approx(snr, abs=0.01)


@pytest.mark.parametrize("silent", ["speech", "noise"])
def test_silence_is_left_alone(silent):
    speech = tone(440) * np.float32(silent != "speech")
    noise = np.ones(len(speech), np.float32) * np.float32(silent != "noise")
    assert np.array_equal(mix_noise(speech, noise, 10.0), speech)


@pytest.fixture
def recorded(tmp_path):
    """Noises of 100 samples, of half a second and of five seconds, and their files."""
    sounds = [rng(n).normal(0, 0.05, n).astype(np.float32) for n in (100, 4001, 40_000)]
    for sound in sounds:
        write_audio(tmp_path / f"{len(sound)}.wav", sound, RATE)
    return sounds, [NoiseSource(str(tmp_path / f"{len(sound)}.wav")) for sound in sounds]


@pytest.mark.parametrize("room", [0, 1e9], ids=["read each time", "kept"])
def test_a_stretch_of_noise_is_the_noise_turned_and_repeated(recorded, room):
    sounds, places = recorded
    for sound, noise in zip(sounds, open_noises(places, RATE, room), strict=True):
        assert len(noise) == len(sound)
        for start in (0, 1, len(sound) // 3, len(sound) - 1):
            for length in (1, 50, 4000, 50_000):
                expected = np.resize(np.roll(sound, -start), length)
                assert np.abs(noise.stretch(start, length) - expected).max() < 1e-4


@pytest.mark.parametrize("rate", [7350, 11025])
def test_a_stretch_of_noise_of_another_rate_is_that_stretch_of_it(recorded, rate):
    whole, streamed = (open_noises(recorded[1], rate, room)[2] for room in (1e9, 0))
    for start, length in ((0, 4000), (12_345, 4000), (len(whole) - 1000, 4000)):
        pair = [noise.stretch(start, length)[:900] for noise in (whole, streamed)]
        assert np.corrcoef(pair)[0, 1] > 0.7, "but for half a sample, and the resampler's beginning"


def test_long_noise_is_not_held_in_memory(recorded):
    noises = open_noises(recorded[1], RATE, room=2 * 4101)
    for noise in noises:
        noise.stretch(7, 1000)
    assert [noise.is_kept for noise in noises] == [True, True, False]
    assert sum(noise._held.nbytes for noise in noises if noise._held is not None) == 2 * 4101


def test_a_telephone_passes_on_what_lies_below_four_kilohertz():
    time = np.arange(3 * 16000) / 16000
    low, high = (0.2 * np.sin(2 * np.pi * hertz * time).astype(np.float32) for hertz in (1000, 6000))
    heard = narrow_band(low + high, 16000)
    assert len(heard) == len(low) and heard.dtype == np.float32
    assert np.abs(heard - low)[1000:-1000].max() < 1e-3
    assert narrow_band(low, RATE) is low
    drawn, both = AugmentConfig(narrowband_share=0.3), (low + high)[:4000]
    changed = [np.abs(augment_waveform(both, 16000, [], drawn, rng(s)) - both).max() > 0.1 for s in range(100)]
    assert 0.2 < np.mean(changed) < 0.4


@pytest.mark.parametrize("speed", [0.9, 1.1, 1.5])
def test_speed_moves_length_and_pitch(speed):
    fast = change_speed(tone(1000), RATE, speed)
    assert len(fast) == pytest.approx(RATE / speed, abs=2)
    peak = np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast)
    assert peak == pytest.approx(1000 * speed, abs=2)
    assert change_speed(fast, RATE, 1.0) is fast


def test_every_speed_is_drawn():
    drawn = AugmentConfig(speeds=(0.9, 1.0, 1.1))
    lengths = {len(augment_waveform(tone(200), RATE, [], drawn, rng(seed))) for seed in range(40)}
    assert len(lengths) == 3


def test_gain_stays_within_its_range():
    drawn, speech = AugmentConfig(gain_db=6.0), tone(200)
    gains = [20 * np.log10(np.abs(augment_waveform(speech, RATE, [], drawn, rng(s))).max() / 0.3) for s in range(200)]
    assert -6.01 < min(gains) < -5 and 5 < max(gains) < 6.01


def test_forty_per_cent_get_noise(recorded):
    speech, noise = tone(200, 0.1), open_noises(recorded[1][:1], RATE)
    heard = [augment_waveform(speech, RATE, noise, AugmentConfig(), rng(seed)) for seed in range(2000)]
    noisy = [not np.array_equal(wave, speech) for wave in heard]
    assert np.mean(noisy) == pytest.approx(0.4, abs=0.04)


@settings(deadline=None)
@given(frames=st.integers(1, 300), bins=st.integers(1, 161), longest=st.integers(0, 100), seed=st.integers(0, 999))
def test_masks_lie_within_the_utterance_and_no_stretch_exceeds_a_fifth(frames, bins, longest, seed):
    wanted = AugmentConfig(time_masks=3, time_mask_frames=longest, frequency_masks=2, frequency_mask_bins=longest)
    masks = draw_masks(frames, bins, wanted, rng(seed))
    assert (len(masks.times), len(masks.bins)) == (3, 2)
    for first, end in masks.times:
        assert 0 <= first <= end <= frames and end - first <= min(longest, frames / 5)
    for first, end in masks.bins:
        assert 0 <= first <= end <= bins and end - first <= longest


def test_masks_set_features_to_their_mean_and_leave_the_rest():
    wanted = AugmentConfig(time_masks=1, frequency_masks=1, frequency_mask_bins=5)
    features = torch.randn(2, 50, 20)
    masks = [draw_masks(count, 20, wanted, rng(seed)) for seed, count in ((3, 50), (4, 30))]
    masked = mask_features(features, masks)
    for row, before, one in zip(masked, features, masks, strict=True):
        (t0, t1), (f0, f1) = one.times[0], one.bins[0]
        hidden = torch.zeros(50, 20, dtype=torch.bool)
        hidden[t0:t1] = hidden[:, f0:f1] = True
        assert hidden.any()
        assert not row[hidden].any() and torch.equal(row[~hidden], before[~hidden])


def test_no_masks_cost_nothing():
    features = torch.randn(1, 5, 4)
    assert mask_features(features, [draw_masks(5, 4, AugmentConfig(), rng())]) is features


def test_a_draw_depends_on_seed_epoch_and_utterance():
    draws = {generator_for(*key).random() for key in np.ndindex(3, 3, 3)}
    assert len(draws) == 27
    assert generator_for(1, 2, 3).random() == generator_for(1, 2, 3).random()


@pytest.fixture
def noise_folder(tmp_path):
    for number in range(2):
        write_audio(tmp_path / f"{number}.wav", rng(number).normal(0, 0.1, RATE).astype(np.float32), RATE)
    return tmp_path


def test_batches_are_the_same_whoever_makes_them(an4_utterances, noise_folder):
    config = Config(
        features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
        model=ModelConfig((), (), ()),
        augment=AugmentConfig(
            speeds=(0.9, 1.0, 1.1), gain_db=3.0, noise=str(noise_folder), noise_share=0.7, time_masks=2,
            frequency_masks=1, frequency_mask_bins=3,
        ),
    )  # fmt: skip
    utterances = an4_utterances(12)
    made = []
    for workers in (0, 2):
        batch = dataclasses.replace(config.batch, seconds=8.0, workers=workers)
        units = units_of(one.text for one in utterances)
        speech = SpeechSet(utterances, units, dataclasses.replace(config, batch=batch))
        speech.noises = load_noises(config.augment.noise, RATE)
        plan = plan_epoch(speech.durations, batch, 1, 1)
        made.append(list(epoch_batches(speech, plan, 0, 1, 0)))
        assert len(made[-1]) == len(plan) > 3
        resumed = list(epoch_batches(speech, plan, 0, 1, 2))
        assert all(torch.equal(a.waveforms, b.waveforms) for a, b in zip(resumed, made[0][2:], strict=True))
    for alone, read_ahead in zip(*made, strict=True):
        for name in ("waveforms", "lengths", "targets", "target_lengths"):
            assert torch.equal(getattr(alone, name), getattr(read_ahead, name))
        assert (alone.indices, alone.views, alone.skipped) == (read_ahead.indices, read_ahead.views, read_ahead.skipped)


def test_epochs_differ(an4_utterances):
    utterances = an4_utterances(3)
    config = Config(augment=AugmentConfig(speeds=(0.9, 1.0, 1.1)), model=ModelConfig((), (), ()))
    speech = SpeechSet(utterances, units_of(one.text for one in utterances), config)
    lengths = {tuple(speech.augmented_batch([0, 1, 2], epoch).lengths.tolist()) for epoch in range(6)}
    assert len(lengths) > 2


def test_speech_is_not_played_so_fast_that_its_text_no_longer_fits(an4_utterances):
    (one,) = an4_utterances(1)
    fits = Config(augment=AugmentConfig(speeds=(4.0,)), model=ModelConfig((), (), ()))
    long_text = dataclasses.replace(one, text="ab" * int(one.duration * 45))
    for utterance, faster in ((one, True), (long_text, False)):
        speech = SpeechSet([utterance], units_of(["ab" + one.text]), fits)
        plain, played = speech.plain_batch([0]).lengths, speech.augmented_batch([0], 0).lengths
        assert bool(played < plain) == faster


def test_noise_comes_from_a_folder_or_a_manifest(noise_folder):
    manifest = noise_folder / "noise.jsonl"
    manifest.write_text(json.dumps({"audio_filepath": "1.wav"}) + "\n\n")
    assert load_noises("", RATE) == []
    assert len(load_noises(str(noise_folder), RATE)) == 2
    assert load_noises(str(manifest), RATE)[0] == load_noises(str(noise_folder), RATE)[1]


@pytest.mark.parametrize("content", ["[1]", "{", "{}", '{"audio_filepath": 3}', "caf\xe9"])
def test_a_bad_noise_manifest_is_named_with_its_line(tmp_path, content):
    manifest = tmp_path / "noise.jsonl"
    manifest.write_bytes(b"\n" + content.encode("latin-1"))
    with pytest.raises(UsageError, match="noise.jsonl"):
        load_noises(str(manifest), RATE)


def test_no_noise_where_it_was_promised_is_an_error(tmp_path):
    with pytest.raises(AudioError, match="no noise at"):
        load_noises(str(tmp_path / "nowhere"), RATE)
    with pytest.raises(AudioError, match="no audio in"):
        load_noises(str(tmp_path), RATE)


def test_the_scale_of_frequencies_lies_in_its_range_and_leaves_the_masks_as_they_were():
    plain, scaled = AugmentConfig(time_masks=2), AugmentConfig(time_masks=2, vocal_tract=0.1)
    scales = [draw_masks(100, 20, scaled, rng(seed)).scale for seed in range(200)]
    assert 0.9 <= min(scales) < 0.92 and 1.08 < max(scales) <= 1.1
    assert draw_masks(100, 20, plain, rng(3)).scale == 1.0
    assert draw_masks(100, 20, plain, rng(3)).times == draw_masks(100, 20, scaled, rng(3)).times
