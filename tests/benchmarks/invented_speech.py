"""Speech made of noise, as long and as wordy as LibriSpeech's: what an utterance says costs a training step nothing."""

import numpy as np

from ds2cli.config import Config
from ds2cli.records.manifest import Utterance
from ds2cli.text.units import Units, units_of
from ds2cli.training.data import SpeechSet

LETTERS = "abcdefghijklmnopqrstuvwxyz' "
LETTERS_PER_SECOND = 14.7  # of Mini LibriSpeech's training part
# The deciles of its durations in seconds, from the shortest to the longest: most are near 14 s, some far less.
DECILES = (1.96, 6.41, 10.39, 12.34, 13.27, 13.94, 14.51, 14.95, 15.38, 15.78, 17.27)


class InventedSpeech(SpeechSet):
    """Utterances in memory, the same for the same seed; only their durations matter."""

    def __init__(self, durations: np.ndarray, config: Config) -> None:
        rng = np.random.default_rng(1)
        texts = ["".join(rng.choice(list(LETTERS), round(LETTERS_PER_SECOND * seconds))) for seconds in durations]
        spoken = zip(durations, texts, strict=True)
        utterances = [Utterance(f"invented-{i}", "", float(seconds), text) for i, (seconds, text) in enumerate(spoken)]
        super().__init__(utterances, english_units(), config)
        rate = config.features.sample_rate
        self.waveforms = [rng.normal(0, 0.1, round(seconds * rate)).astype(np.float32) for seconds in durations]

    def read(self, index: int) -> np.ndarray:
        return self.waveforms[index]


def english_units() -> Units:
    return units_of([LETTERS])


def uneven_durations(count: int, seed: int = 1) -> np.ndarray:
    """(count,) seconds, drawn from LibriSpeech's distribution as a reader without length buckets meets them."""
    shares = np.random.default_rng(seed).uniform(0, 1, count)
    return np.interp(shares, np.linspace(0, 1, len(DECILES)), DECILES).round(2)
