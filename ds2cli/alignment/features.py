"""What a segment's alignment says of its transcript: the numbers that the filter judges by.

Amodei et al. 2016 (arXiv:1512.02595), section 5.1: the CTC cost, the cost per frame, per character, the frames per
character, the number of words and of characters. Ours besides: the worst window, because one word too many hides in
an average (see `worst_window`).
"""

import numpy as np
import torch

from ds2cli.text.units import BLANK

WINDOW_FRAMES = 12
NAMES = ("cost", "cost_per_frame", "cost_per_label", "frames_per_label", "words", "labels", "worst_window")


def worst_window(deficits: np.ndarray) -> float:
    """Nats a frame by which the aligned path falls behind the best one, in the worst 12 frames (0.5 s at 40 ms).

    deficits  (T,) the best unit's log-prob less the aligned one's
    """
    width = min(WINDOW_FRAMES, len(deficits))
    sums = np.concatenate([[0.0], np.cumsum(deficits, dtype=np.float64)])
    return float((sums[width:] - sums[:-width]).max() / width)


def ctc_costs(log_probs: list[np.ndarray], labels: list[np.ndarray]) -> np.ndarray:
    """(N,) nats: -log p(labels | log_probs) of each segment, summed over all paths; inf where none fits."""
    costs = np.zeros(len(labels))
    by_length = sorted(range(len(labels)), key=lambda i: len(log_probs[i]))
    for at in range(0, len(by_length), 64):
        batch = by_length[at : at + 64]
        frames = torch.tensor([len(log_probs[i]) for i in batch])
        lengths = torch.tensor([len(labels[i]) for i in batch])
        padded = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(np.array(log_probs[i])) for i in batch])
        targets = torch.cat([torch.from_numpy(labels[i].astype(np.int64)) for i in batch])
        costs[batch] = torch.nn.functional.ctc_loss(
            padded, targets, frames, lengths, blank=BLANK, reduction="none"
        ).numpy()
    return costs


def segment_features(
    log_probs: list[np.ndarray], labels: list[np.ndarray], n_words: list[int], deficits: list[np.ndarray]
) -> list[dict[str, float]]:
    """The features of segments, by name.

    log_probs  (T, V) of each segment; labels (L,) of its text, without a space at its ends; deficits (T,)
    """
    costs = ctc_costs(log_probs, labels)
    return [
        {
            "cost": round(float(cost), 4),
            "cost_per_frame": round(float(cost) / len(heard), 5),
            "cost_per_label": round(float(cost) / len(text), 5),
            "frames_per_label": round(len(heard) / len(text), 4),
            "words": words,
            "labels": len(text),
            "worst_window": round(worst_window(behind), 5),
        }
        for cost, heard, text, words, behind in zip(costs, log_probs, labels, n_words, deficits, strict=True)
    ]
