"""How high sound reaches: a telephone's ends at 4 kHz, whatever sample rate its file has."""

import numpy as np

LOOKED_AT_SECONDS = 5.0
FFT_SAMPLES = 1024
VOICE_HZ = 1000, 3500
BAND_HZ = 500
# Measured on 40 utterances each of AN4, AISHELL, Common Voice, LibriSpeech, LJ Speech, speechocean762 and VCTK: above
# 4.2 kHz there is never less than 1.4e-4 of the power between 1 and 3.5; sent through 8 kHz, 6e-6 at most.
QUIET = 3e-5
# A band that ends below this share of what the model hears is worth a word.
NARROW_SHARE = 0.65


def highest_hertz(samples: np.ndarray, sample_rate: int) -> float:
    """Up to where there is sound in (samples,): to the edge of a band of 500 Hz."""
    samples = samples[: round(LOOKED_AT_SECONDS * sample_rate)]
    framed = samples[: len(samples) // FFT_SAMPLES * FFT_SAMPLES].reshape(-1, FFT_SAMPLES)
    if not len(framed):
        return sample_rate / 2
    power = np.square(np.abs(np.fft.rfft(framed * np.hanning(FFT_SAMPLES), axis=1))).mean(0)
    hertz = np.arange(len(power)) * sample_rate / FFT_SAMPLES
    voice = power[(hertz >= VOICE_HZ[0]) & (hertz <= VOICE_HZ[1])].mean()
    bands = [power[(hertz >= low) & (hertz < low + BAND_HZ)].mean() for low in range(0, sample_rate // 2, BAND_HZ)]
    loud = np.flatnonzero(np.array(bands) > QUIET * voice)
    return float(min((loud[-1] + 1) * BAND_HZ, sample_rate / 2)) if voice > 0 and len(loud) else sample_rate / 2


def is_narrow(samples: np.ndarray, sample_rate: int) -> bool:
    """Whether much of what this sample rate could hold is missing."""
    return highest_hertz(samples, sample_rate) < NARROW_SHARE * sample_rate / 2
