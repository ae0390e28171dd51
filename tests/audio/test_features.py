"""Features against a direct Fourier transform and explicit sums."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from ds2cli.audio.features import FLOOR, Frontend, fft_samples, frame_mask, n_bins, n_frames
from ds2cli.config import FeatureConfig
from ds2cli.model.recogniser import pad

pytestmark = pytest.mark.usefixtures("one_thread")

SPECTROGRAM = FeatureConfig(normalise_power=False)
MEL = FeatureConfig(kind="mel", n_mels=20, normalise_power=False)
MFCC = FeatureConfig(kind="mfcc", n_mels=20, n_mfcc=12, normalise_power=False)


def noise(samples: int, seed: int = 1, scale: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, samples).astype(np.float32)


def log_features(wave: np.ndarray, settings: FeatureConfig) -> np.ndarray:
    features, frames = Frontend(settings).log_features(*pad([wave]))
    return features[0, : int(frames[0])].numpy()


def powers(wave: np.ndarray, settings: FeatureConfig, size: int) -> np.ndarray:
    """(T, size / 2 + 1) by the definition of the discrete Fourier transform, in float64."""
    window, hop = round(0.02 * settings.sample_rate), round(0.01 * settings.sample_rate)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1))
    wave = np.pad(wave.astype(np.float64), (0, max(window - len(wave), 0)))
    frames = np.stack([wave[at : at + window] * hann for at in range(0, len(wave) - window + 1, hop)])
    turns = np.exp(-2j * np.pi * np.outer(np.arange(window), np.arange(size // 2 + 1)) / size)
    return np.abs(frames @ turns) ** 2 / (hann**2).sum()


def test_a_spectrogram_is_the_log_power_of_each_window():
    wave = noise(3000)
    found = log_features(wave, SPECTROGRAM)
    assert found.shape == (17, 161) == (n_frames(3000, SPECTROGRAM), n_bins(SPECTROGRAM))
    assert np.abs(found - np.log(powers(wave, SPECTROGRAM, 320) + FLOOR)).max() < 1e-3


def test_white_noise_of_unit_power_has_a_power_of_one_in_every_bin():
    power = np.exp(log_features(noise(160_000, scale=1.0), SPECTROGRAM)).mean(0)
    assert np.abs(power[1:-1] - 1).max() < 0.2
    assert abs(power[1:-1].mean() - 1) < 0.01


def mel_by_sums(wave: np.ndarray, settings: FeatureConfig) -> np.ndarray:
    size = fft_samples(settings)
    power = powers(wave, settings, size)

    def to_mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)

    top = to_mel(settings.sample_rate / 2)
    edges = [700 * (10 ** (top * k / (settings.n_mels + 1) / 2595) - 1) for k in range(settings.n_mels + 2)]
    bands = np.zeros((len(power), settings.n_mels))
    for m in range(settings.n_mels):
        low, centre, high = edges[m : m + 3]
        weights = []
        for k in range(size // 2 + 1):
            f = k * settings.sample_rate / size
            rising, falling = (f - low) / (centre - low), (high - f) / (high - centre)
            weights.append(max(0.0, min(rising, falling)))
        bands[:, m] = power @ weights / sum(weights)
    return np.log(bands + FLOOR)


def test_mel_bands_are_triangles_over_the_powers():
    wave = noise(2000)
    assert np.abs(log_features(wave, MEL) - mel_by_sums(wave, MEL)).max() < 1e-3


def test_mfcc_are_the_cosines_of_the_mel_bands():
    wave = noise(2000)
    mel = mel_by_sums(wave, MFCC)
    expected = np.zeros((len(mel), 12))
    for k in range(12):
        scale = math.sqrt((1 if k == 0 else 2) / 20)
        for m in range(20):
            expected[:, k] += scale * mel[:, m] * math.cos(math.pi * k * (m + 0.5) / 20)
    assert np.abs(log_features(wave, MFCC) - expected).max() < 1e-3


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("bands", [13, 40, 64, 80, 128])
def test_no_mel_band_is_empty(rate, bands):
    settings = FeatureConfig(kind="mel", n_mels=bands, sample_rate=rate)
    frontend = Frontend(settings)
    assert frontend.bands.isfinite().all()
    assert torch.allclose(frontend.bands.sum(0), torch.ones(bands), atol=1e-5)
    assert np.isfinite(log_features(noise(rate // 4), settings)).all()


def test_unit_power_makes_loudness_vanish():
    settings = FeatureConfig()
    loud, quiet = noise(4000, scale=0.5), noise(4000, scale=0.5) * np.float32(0.001)
    assert np.abs(log_features(loud, settings) - log_features(quiet, settings)).max() < 1e-3
    rms = np.sqrt(np.mean(loud.astype(np.float64) ** 2))
    expected = log_features((loud / rms).astype(np.float32), SPECTROGRAM)
    assert np.abs(log_features(loud, settings) - expected).max() < 1e-3


@pytest.mark.parametrize("statistics", ["corpus", "adapted", "utterance"])
@pytest.mark.parametrize("kind", ["spectrogram", "mel", "mfcc"])
def test_an_utterance_sounds_the_same_alone_and_in_a_batch(kind, statistics):
    frontend = Frontend(FeatureConfig(kind=kind, statistics=statistics, n_mfcc=20))
    frontend.fit(torch.full_like(frontend.mean, -3.0), torch.full_like(frontend.deviation, 2.0))
    waves = [noise(length, seed) for seed, length in enumerate((5000, 100, 3210, 320, 6400))]
    together, frames = frontend(*pad(waves))
    for row, count, wave in zip(together, frames.tolist(), waves, strict=True):
        alone, n = frontend(*pad([wave]))
        assert int(n[0]) == count == max((len(wave) - 320) // 160 + 1, 1)
        assert (row[:count] - alone[0]).abs().max() < 1e-5
        assert not row[count:].any()


def test_statistics_of_an_utterance_are_its_own():
    frontend = Frontend(FeatureConfig(statistics="utterance"))
    features, frames = frontend(*pad([noise(8000), noise(3000, 2)]))
    for row, count in zip(features, frames.tolist(), strict=True):
        assert row[:count].mean(0).abs().max() < 1e-4
        assert (row[:count].std(0, unbiased=False) - 1).abs().max() < 1e-3


def test_statistics_of_the_corpus_standardise_each_bin():
    frontend = Frontend(MEL)
    mean, deviation = torch.randn(20), torch.rand(20) + 0.5
    frontend.fit(mean, deviation)
    wave = noise(3000)
    expected = (torch.from_numpy(log_features(wave, MEL)) - mean) / deviation
    assert torch.allclose(frontend(*pad([wave]))[0][0], expected, atol=1e-3)


def test_an_adapted_mean_lies_between_the_corpuss_and_the_utterances_by_their_weights():
    frontend = Frontend(dataclasses.replace(MEL, statistics="adapted"))
    mean, deviation = torch.randn(20), torch.rand(20) + 0.5
    frontend.fit(mean, deviation)
    for samples in (3000, 90_000):
        own = torch.from_numpy(log_features(noise(samples), MEL))
        between = (200 * mean + len(own) * own.mean(0)) / (200 + len(own))  # 2 s of 10 ms frames
        found = frontend(*pad([noise(samples)]))[0][0]
        assert torch.allclose(found, (own - between) / deviation, atol=1e-3)


@pytest.mark.parametrize("normalise_power", [False, True])
@pytest.mark.parametrize("statistics", ["corpus", "adapted", "utterance"])
@pytest.mark.parametrize("kind", ["spectrogram", "mel", "mfcc"])
def test_silence_and_scraps_stay_finite(kind, statistics, normalise_power):
    settings = FeatureConfig(kind=kind, statistics=statistics, normalise_power=normalise_power)
    silence, scrap, nothing = np.zeros(4000, np.float32), noise(3), np.zeros(0, np.float32)
    features, frames = Frontend(settings)(*pad([silence, scrap, nothing, noise(2000)]))
    assert features.isfinite().all()
    assert frames.tolist() == [24, 1, 1, 11]


def test_frames_of_a_tensor_and_of_a_number_agree():
    lengths = torch.arange(0, 2000, 7)
    assert n_frames(lengths, SPECTROGRAM).tolist() == [n_frames(int(one), SPECTROGRAM) for one in lengths]
    assert frame_mask(torch.tensor([0, 2]), 3).tolist() == [[False] * 3, [True, True, False]]


def test_other_rates_have_other_windows():
    settings = dataclasses.replace(SPECTROGRAM, sample_rate=8000)
    assert n_bins(settings) == 81
    assert n_frames(8000, settings) == 99


@pytest.mark.parametrize("kind", ["mel", "spectrogram"])
def test_scaled_frequencies_are_heard_where_a_longer_or_shorter_vocal_tract_would_put_them(kind):
    """A tone of 1,500 Hz under a scale of 1.25 is heard as one of 1,200: where 1,200 lies, 1,500 is looked up."""
    frontend = Frontend(FeatureConfig(kind=kind, sample_rate=16000))

    def tone(hertz: float) -> torch.Tensor:
        return torch.sin(2 * torch.pi * hertz * torch.arange(16000) / 16000)

    features, _ = frontend(torch.stack([tone(1500), tone(1500), tone(1200)]), torch.tensor([16000] * 3))
    scaled = frontend.scale_frequencies(features, torch.tensor([1.0, 1.25, 1.0]))
    assert torch.allclose(scaled[0], features[0], atol=1e-4) and torch.allclose(scaled[2], features[2], atol=1e-4)
    assert scaled[0, 50].argmax() != scaled[2, 50].argmax()
    assert scaled[1, 50].argmax() == scaled[2, 50].argmax()


def test_what_would_lie_above_the_last_band_is_the_last_bands():
    frontend = Frontend(FeatureConfig(kind="mel"))
    features = torch.arange(64.0).expand(1, 2, 64)
    low, high = (frontend.scale_frequencies(features, torch.tensor([scale])) for scale in (0.5, 2.0))
    assert high[0, 0, -1] == 63 and (high[0, 0].diff() >= 0).all() and (high[0, 0] >= features[0, 0]).all()
    assert low[0, 0, 0] == 0 and (low[0, 0] <= features[0, 0]).all()
