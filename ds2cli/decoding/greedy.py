"""The best path, collapsed: the decoder without a beam, kept apart for its speed."""

import numpy as np

from ds2cli.decoding.hypothesis import Hypothesis, spoken_units
from ds2cli.decoding.log_probs import check_log_probs, lower_blank
from ds2cli.decoding.settings import Settling
from ds2cli.text.units import BLANK, Units


def best_path(log_probs: np.ndarray) -> list[int]:
    """The units of the single most probable path: repeats merged, blanks dropped (Graves et al. 2006, section 3.2).

    log_probs  (T, V)
    """
    return _runs(log_probs.argmax(1))[0].tolist()


def greedy_decode(log_probs: np.ndarray, units: Units) -> Hypothesis:
    """The best path as a hypothesis; its acoustic score is that of this one path, not of all that spell the text."""
    return _hypothesis(log_probs.argmax(1), log_probs.max(1), units)


def _hypothesis(path: np.ndarray, best: np.ndarray, units: Units) -> Hypothesis:
    """From the best unit of each frame, and its log-prob, (T,) each."""
    labels, starts, ends = _runs(path)
    edges = np.stack([starts, ends], 1).ravel()
    peaks = np.maximum.reduceat(np.append(best, -np.inf), edges)[::2] if len(labels) else best[:0]
    score = float(best.sum())
    return Hypothesis(units.text(labels), score, 0.0, score, labels, starts, ends, peaks, spoken_units(labels, units))


class GreedyDecoder:
    """The best path behind the interface of `BeamDecoder`."""

    def __init__(self, units: Units, blank_penalty: float = 0.0) -> None:
        """blank_penalty  as DecodingConfig's"""
        self.units, self._blank_penalty = units, blank_penalty

    def decode(self, log_probs: np.ndarray, n_best: int = 1) -> list[Hypothesis]:
        """The one hypothesis of a whole utterance, (T, V) log-probs."""
        return [greedy_decode(lower_blank(log_probs, self._blank_penalty), self.units)]

    def check(self, log_probs: np.ndarray, where: str) -> np.ndarray:
        """As `check_log_probs`."""
        return check_log_probs(log_probs, len(self.units), where)

    def start(self, settling: Settling | None = None) -> "GreedySearch":
        """A search to be fed piece by piece; nothing in it ever changes, so nothing waits to be settled."""
        return GreedySearch(self.units, self._blank_penalty)


class GreedySearch:
    """The best path, piece by piece."""

    def __init__(self, units: Units, blank_penalty: float) -> None:
        self._units, self._blank_penalty = units, blank_penalty
        self._path, self._best = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]

    def feed(self, log_probs: np.ndarray) -> None:
        """More frames (any, V)."""
        log_probs = lower_blank(log_probs, self._blank_penalty)
        self._path.append(log_probs.argmax(1))
        self._best.append(log_probs.max(1))

    def finish(self, n_best: int = 1) -> list[Hypothesis]:
        """The one hypothesis, if the speech ended here; it may go on after."""
        self._path, self._best = [np.concatenate(self._path)], [np.concatenate(self._best)]
        return [_hypothesis(self._path[0], self._best[0], self._units)]

    def n_agreed(self) -> int:
        """Words that are written to their end: all but the last. A best path never changes."""
        return max(len(self.finish()[0].spoken) - 1, 0)

    def said(self, log_probs: np.ndarray) -> list[tuple[int, ...]]:
        """As BeamSearch's."""
        return units_by_frame(log_probs)


def units_by_frame(log_probs: np.ndarray) -> list[tuple[int, ...]]:
    """What the best path says in each frame (any, V)."""
    return [(unit,) for unit in log_probs.argmax(1).tolist()]


def _runs(path: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The runs of equal units along a path, blanks left out: units, first frames, frames after the last."""
    edges = np.flatnonzero(np.diff(path, prepend=-1))
    starts, ends = edges, np.append(edges[1:], len(path))
    kept = path[edges] != BLANK
    return path[edges][kept], starts[kept], ends[kept]
