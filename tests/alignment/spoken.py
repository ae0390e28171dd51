"""A language of made-up words, and log-probs as a network would give them for it, with any share of labels wrong."""

import numpy as np

from ds2cli.text.units import BLANK

SPACE = 1
N_UNITS = 29
FRAMES_PER_LABEL = 1.875  # fast English at 40 ms a frame


def write(n_labels: int, seed: int, vocabulary: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Labels (L,) and word starts (W + 1,) of a text of about so many labels; words follow Zipf, letters English."""
    generator = np.random.default_rng(seed)
    weights = 1 / np.arange(2, 28) ** 0.7
    words = [generator.choice(26, size=generator.integers(1, 9), p=weights / weights.sum()) + 3
             for _ in range(vocabulary)]
    frequency = 1 / np.arange(5, vocabulary + 5)
    drawn = generator.choice(vocabulary, size=n_labels // 4 + 2, p=frequency / frequency.sum())
    lengths = np.array([len(words[word]) + 1 for word in drawn])
    count = max(1, int(np.searchsorted(np.cumsum(lengths), n_labels)))
    labels = np.concatenate([np.append(words[word], SPACE) for word in drawn[:count]])[:-1].astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths[:count])]).astype(np.int32)
    starts[-1] = len(labels)
    return labels, starts


def speak(labels: np.ndarray, error: float, seed: int, n_units: int = N_UNITS, loud: float = 7.0,
          frames_per_label: float = FRAMES_PER_LABEL) -> tuple[np.ndarray, np.ndarray]:
    """log_probs (T, V) float32 of labels said one after another, and the frame of each (L,).

    error  share of labels that are heard as another (60 %), not at all (20 %), or with another behind them (20 %);
           of a label that is not heard some trace may be left, as of a sound that is like another
    """
    generator = np.random.default_rng(seed)
    size = len(labels)
    extra = frames_per_label - 1
    blanks = generator.binomial(3, min(extra / 3, 1.0), size=size)
    blanks[1:] |= labels[1:] == labels[:-1]
    frames = np.cumsum(blanks + 1) - 1
    wrong = generator.random(size) < error
    kind = generator.random(size)
    logits = generator.standard_normal((int(frames[-1]) + 3 if size else 3, n_units), np.float32) * np.float32(1.2)
    logits[:, BLANK] += loud
    heard = labels.copy()
    swapped, lost, added = wrong & (kind < 0.6), wrong & (kind >= 0.6) & (kind < 0.8), wrong & (kind >= 0.8)
    heard[swapped] = generator.integers(1, n_units, size=swapped.sum())
    logits[frames[~lost], BLANK] -= loud
    logits[frames[~lost], heard[~lost]] += (loud * generator.uniform(0.7, 1.1, size=size))[~lost]
    unsure = swapped | lost
    logits[frames[unsure], labels[unsure]] += loud * generator.uniform(0, 0.7, size=unsure.sum())
    logits[frames[added] + 1, generator.integers(1, n_units, size=added.sum())] += loud * 1.1
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32), frames
