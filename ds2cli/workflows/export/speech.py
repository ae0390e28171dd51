"""Sound on which an exported file must answer as the recogniser does: real speech where there is any."""

from itertools import islice
from pathlib import Path

import numpy as np

from ds2cli.audio.features import window_samples
from ds2cli.audio.files import read_audio
from ds2cli.config import FeatureConfig
from ds2cli.errors import Ds2Error
from ds2cli.records.manifest import Utterance
from ds2cli.workflows.inputs import read_inputs

LOOKED_AT = 16  # records, from the first
LONGEST_SECONDS = 30.0


def speech_to_compare(
    utterances: list[Utterance], run_dev: Path, settings: FeatureConfig
) -> tuple[list[np.ndarray], str]:
    """Two recordings of different length, (samples,) each, and what they are.

    utterances  those that were named; else the run's own development set is looked at, and where that is gone or
                cannot be read, noise is made up: a network of any weights answers noise as definitely as speech
    """
    if not utterances and run_dev.is_file():
        utterances = list(islice(read_inputs([str(run_dev)]), LOOKED_AT))
    waves = sorted(filter(len, (_read(one, settings) for one in utterances[:LOOKED_AT])), key=len)
    name = "utterances"
    if not waves:
        waves, name = [_noise(2 * settings.sample_rate)], "stretches of noise (no speech: name some with --dev)"
    longest = waves[-1]
    shortest = waves[0] if len(waves[0]) < len(longest) else longest[: 2 * len(longest) // 3]
    seconds = [len(wave) / settings.sample_rate for wave in (longest, shortest)]
    return [longest, shortest], f"two {name}, {seconds[0]:.1f} and {seconds[1]:.1f} s, in one batch and alone"


def _read(utterance: Utterance, settings: FeatureConfig) -> np.ndarray:
    """Its samples; none where it cannot be read or is shorter than three windows."""
    duration = min(utterance.duration or LONGEST_SECONDS, LONGEST_SECONDS)
    try:
        samples = read_audio(utterance.audio, settings.sample_rate, utterance.offset, duration, utterance.channel)
    except Ds2Error:
        return np.zeros(0, np.float32)
    return samples if len(samples) >= 3 * window_samples(settings) else samples[:0]


def _noise(samples: int) -> np.ndarray:
    """(samples,) noise that swells and fades ten times."""
    swell = 0.1 * np.sin(np.linspace(0, 10 * np.pi, samples)) ** 2
    return (swell * np.random.default_rng(1).standard_normal(samples)).astype(np.float32)
