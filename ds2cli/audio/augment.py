"""What is done to training speech: speed, tempo, pauses, noise, a telephone's band, gain, another vocal tract, masks.

Every draw is the caller's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ds2cli.audio.files import resample
from ds2cli.audio.noises import Noise
from ds2cli.audio.tempo import change_tempo
from ds2cli.config import AugmentConfig

TELEPHONE_RATE = 8000


def generator_for(seed: int, epoch: int, index: int) -> np.random.Generator:
    """The randomness of one utterance in one epoch: the same whichever process draws it, and in which order."""
    return np.random.default_rng([seed, epoch, index])


def augment_waveform(
    waveform: np.ndarray, sample_rate: int, noises: list[Noise], settings: AugmentConfig, rng: np.random.Generator
) -> np.ndarray:
    """(samples,) -> (samples,): speed, tempo, pauses, noise for some, a telephone's band for some, gain."""
    waveform = change_speed(waveform, sample_rate, float(rng.choice(settings.speeds)))
    if settings.tempos != (1.0,) or settings.pauses > 1:
        pause = settings.pauses ** rng.uniform(-1, 1)
        waveform = change_tempo(waveform, sample_rate, float(rng.choice(settings.tempos)), pause)
    if noises and rng.random() < settings.noise_share:
        noise = noises[rng.integers(len(noises))]
        snr_db, start = float(rng.uniform(*settings.noise_snr_db)), int(rng.integers(len(noise)))
        waveform = mix_noise(waveform, noise.stretch(start, len(waveform)), snr_db)
    if settings.narrowband_share and rng.random() < settings.narrowband_share:
        waveform = narrow_band(waveform, sample_rate)
    if settings.gain_db:
        waveform = waveform * np.float32(10 ** (rng.uniform(-settings.gain_db, settings.gain_db) / 20))
    return waveform


def change_speed(waveform: np.ndarray, sample_rate: int, speed: float) -> np.ndarray:
    """(samples,) -> (samples / speed,): played faster or slower, pitch and all (Ko et al. 2015)."""
    return waveform if speed == 1.0 else resample(waveform, round(sample_rate * speed), sample_rate)


def mix_noise(waveform: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """(samples,) with noise, (samples,), added at a signal-to-noise ratio in dB."""
    signal_power, noise_power = float(np.mean(waveform**2)), float(np.mean(noise**2))
    if noise_power <= 0.0 or signal_power <= 0.0:
        return waveform
    return waveform + noise * np.float32(np.sqrt(signal_power / noise_power / 10 ** (snr_db / 10)))


def narrow_band(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """(samples,) -> (samples,): as a telephone passes it on, at 8 kHz, and so without sound above 4."""
    if sample_rate <= TELEPHONE_RATE:
        return waveform
    heard = resample(resample(waveform, sample_rate, TELEPHONE_RATE), TELEPHONE_RATE, sample_rate)[: len(waveform)]
    return np.pad(heard, (0, len(waveform) - len(heard)))


@dataclass(frozen=True)
class Masks:
    """What is done to the features of one utterance.

    times, bins  SpecAugment's masks (Park et al. 2019): (first, end) frames and (first, end) bins
    scale        of its frequencies, as of another vocal tract (VTLP, Jaitly and Hinton 2013); 1 leaves them
    """

    times: tuple[tuple[int, int], ...] = ()
    bins: tuple[tuple[int, int], ...] = ()
    scale: float = 1.0


def draw_masks(n_frames: int, n_bins: int, settings: AugmentConfig, rng: np.random.Generator) -> Masks:
    """Masks and scale for an utterance; no mask of time is longer than a fifth of it."""
    longest = min(settings.time_mask_frames, n_frames // 5)
    times = tuple(_span(n_frames, longest, rng) for _ in range(settings.time_masks))
    widest = min(settings.frequency_mask_bins, n_bins)
    bins = tuple(_span(n_bins, widest, rng) for _ in range(settings.frequency_masks))
    width = settings.vocal_tract
    return Masks(times, bins, float(rng.uniform(1 - width, 1 + width)) if width else 1.0)


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
