"""The outline of a recording, for a picture: the loudest and the lowest sample of each stretch."""

import numpy as np

SECONDS = 0.1   # of sound in one pair, while it is heard
SHOWN = 2000    # pairs in a picture, at most


class Peaks:
    """`peaks.add(block)` for every block of samples, then `peaks.shown()`."""

    def __init__(self, sample_rate: int) -> None:
        self._width = round(sample_rate * SECONDS)
        self._rest = np.zeros(0, np.float32)
        self._pairs: list[np.ndarray] = []

    def add(self, samples: np.ndarray) -> None:
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self._width * self._width
        stretches = samples[:whole].reshape(-1, self._width)
        self._pairs.append(np.stack([stretches.min(1), stretches.max(1)], 1))
        self._rest = samples[whole:]

    def shown(self) -> list[list[int]]:
        """At most 2,000 pairs [lowest, highest], in hundredths of the loudest."""
        if len(self._rest):
            self.add(np.zeros(self._width - len(self._rest), np.float32))
        pairs = np.concatenate(self._pairs) if self._pairs else np.zeros((0, 2), np.float32)
        if not len(pairs):
            return []
        edges = np.linspace(0, len(pairs), min(SHOWN, len(pairs)), endpoint=False).astype(int)
        shown = np.stack([np.minimum.reduceat(pairs[:, 0], edges), np.maximum.reduceat(pairs[:, 1], edges)], 1)
        return np.rint(100 * shown / max(float(np.abs(shown).max()), 1e-6)).astype(int).tolist()
