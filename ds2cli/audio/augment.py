"""What is done to training speech: speed, noise, gain, masks; every draw from a generator that the caller seeds."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ds2cli.audio.files import resample
from ds2cli.config import AugmentConfig


def generator_for(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The randomness of one utterance in one epoch: the same whichever process draws it, and in which order."""
    return np.random.default_rng([seed, epoch, index])


def augment_waveform(
    waveform: np.ndarray, sample_rate: int, noises: list[np.ndarray], settings: AugmentConfig, rng: np.random.Generator
) -> np.ndarray:
    """(samples,) -> (samples,): another speed, noise for some, another gain."""
    waveform = change_speed(waveform, sample_rate, float(rng.choice(settings.speeds)))
    if noises and rng.random() < settings.noise_share:
        noise = noises[rng.integers(len(noises))]
        waveform = mix_noise(waveform, noise, float(rng.uniform(*settings.noise_snr_db)), rng)
    if settings.gain_db:
        waveform = waveform * np.float32(10 ** (rng.uniform(-settings.gain_db, settings.gain_db) / 20))
    return waveform


def change_speed(waveform: np.ndarray, sample_rate: int, speed: float) -> np.ndarray:
    """(samples,) -> (samples / speed,): played faster or slower, pitch and all (Ko et al. 2015)."""
    return waveform if speed == 1.0 else resample(waveform, round(sample_rate * speed), sample_rate)


def mix_noise(waveform: np.ndarray, noise: np.ndarray, snr_db: float, rng: np.random.Generator) -> np.ndarray:
    """(samples,) with noise added at a signal-to-noise ratio in dB; the noise begins anywhere and repeats."""
    noise = _beginning_at(int(rng.integers(len(noise))), noise, len(waveform))
    signal_power, noise_power = float(np.mean(waveform**2)), float(np.mean(noise**2))
    if noise_power <= 0.0 or signal_power <= 0.0:
        return waveform
    return waveform + noise * np.float32(np.sqrt(signal_power / noise_power / 10 ** (snr_db / 10)))


def _beginning_at(start: int, noise: np.ndarray, length: int) -> np.ndarray:
    """(length,) of a noise that repeats. One long enough is not copied: it may last an hour, and is asked for often."""
    if start + length <= len(noise):
        return noise[start : start + length]
    return np.resize(np.roll(noise, -start), length)


@dataclass(frozen=True)
class Masks:
    """SpecAugment's masks of one utterance (Park et al. 2019): (first, end) frames and (first, end) bins."""

    times: tuple[tuple[int, int], ...] = ()
    bins: tuple[tuple[int, int], ...] = ()


def draw_masks(n_frames: int, n_bins: int, settings: AugmentConfig, rng: np.random.Generator) -> Masks:
    """Masks for an utterance; no stretch of time is longer than a fifth of it."""
    longest = min(settings.time_mask_frames, n_frames // 5)
    times = tuple(_span(n_frames, longest, rng) for _ in range(settings.time_masks))
    widest = min(settings.frequency_mask_bins, n_bins)
    bins = tuple(_span(n_bins, widest, rng) for _ in range(settings.frequency_masks))
    return Masks(times, bins)


def _span(size: int, longest: int, rng: np.random.Generator) -> tuple[int, int]:
    width = int(rng.integers(longest + 1))
    first = int(rng.integers(size - width + 1))
    return first, first + width


def mask_features(features: Tensor, masks: list[Masks]) -> Tensor:
    """(B, T, F) standardised features with each utterance's masks at zero, their mean."""
    if not any(one.times or one.bins for one in masks):
        return features
    keep = torch.ones(features.shape, dtype=torch.bool)
    for row, one in zip(keep, masks, strict=True):
        for first, end in one.times:
            row[first:end] = False
        for first, end in one.bins:
            row[:, first:end] = False
    return features * keep.to(features.device, non_blocking=True)
