"""A path over a whole recording, solved piece by piece between pins, and improved across them.

Pins lie at frames; the path between them goes in steps of half a frame.
"""

from dataclasses import dataclass, replace

import numpy as np

from ds2cli.alignment.path import HALVES, LEFT_OUT, AlignedPath, GreedyPath, Prices, Star, path_score
from ds2cli.alignment.viterbi import viterbi_path

Pin = tuple[int, int]  # a frame, and the word whose boundary the path passes there
GAIN = 1e-3  # nats: what is no more is rounding, or a tie


@dataclass(frozen=True)
class Problem:
    """A recording's log-probs (T, V) and what is heard in them, its labels (L,), word starts (W + 1,), and prices."""

    log_probs: np.ndarray
    heard: GreedyPath
    labels: np.ndarray
    word_starts: np.ndarray
    prices: Prices
    steps: int = HALVES  # a frame

    @property
    def end(self) -> Pin:
        return len(self.heard.best), len(self.word_starts) - 1

    def between(self, first: Pin, after: Pin) -> "Problem":
        """The same between two pins."""
        (frame, word), (last_frame, last_word) = first, after
        starts = self.word_starts[word : last_word + 1]
        frames, labels = slice(frame, last_frame), slice(starts[0], starts[-1])
        return replace(self, log_probs=self.log_probs[frames], heard=self.heard[frames], labels=self.labels[labels],
                       word_starts=starts - starts[0])

    def cells(self, first: Pin, after: Pin) -> int:
        """How much work the piece between two pins is: frames times labels."""
        return (after[0] - first[0]) * int(self.word_starts[after[1]] - self.word_starts[first[1]] + 1)

    def solve(self) -> AlignedPath:
        return viterbi_path(self.log_probs, self.labels, self.word_starts, self.prices, self.heard, self.steps)

    def score(self, starts: np.ndarray, ends: np.ndarray, stars: list[Star]) -> float:
        return path_score(self.log_probs, self.heard, self.labels, self.word_starts, self.prices, starts, ends, stars,
                          self.steps)


class Stitched:
    """The path so far; `starts`, `ends` and `stars` as in AlignedPath, for the whole recording."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.starts = np.full(len(problem.labels), LEFT_OUT, np.int32)
        self.ends = self.starts.copy()
        self.stars: list[Star] = []

    def put(self, first: Pin, after: Pin, path: AlignedPath) -> None:
        """The piece between two pins becomes this path, whose steps and words count from the first pin."""
        (begins, ends), word, part = self._steps(first, after), first[1], self._labels(first, after)
        self.starts[part] = np.where(path.starts >= 0, path.starts + begins, LEFT_OUT)
        self.ends[part] = np.where(path.ends >= 0, path.ends + begins, LEFT_OUT)
        mine = [(begin + begins, end + begins, at + word) for begin, end, at in path.stars]
        earlier = [star for star in self.stars if star[0] < begins]
        self.stars = earlier + mine + [star for star in self.stars if star[0] >= ends]

    def improve(self, first: Pin, after: Pin) -> bool:
        """Solve again between two pins; whether a better path was there. It is taken."""
        piece = self.problem.between(first, after)
        path, (starts, ends, stars) = piece.solve(), self._piece(first, after)
        if np.array_equal(path.starts, starts) and np.array_equal(path.ends, ends) and path.stars == stars:
            return False
        if path.score <= piece.score(starts, ends, stars) + GAIN:
            return False
        self.put(first, after, path)
        return True

    def pins_near(self, before: int, behind: int) -> tuple[Pin, Pin]:
        """Places on the path at or before one word, and at or behind another: the recording's ends where none is."""
        starts = self.problem.word_starts[1:-1]
        labels = self.problem.labels
        at_frame = (self.starts[starts] >= 0) & (self.starts[starts] % self.problem.steps == 0)
        sure = 1 + np.flatnonzero(at_frame & (labels[starts] != labels[starts - 1]))
        left, right = np.searchsorted(sure, before, "right") - 1, np.searchsorted(sure, behind)
        return (self._pin(sure[left]) if left >= 0 else (0, 0),
                self._pin(sure[right]) if right < len(sure) else self.problem.end)

    def _pin(self, word: int) -> Pin:
        return int(self.starts[self.problem.word_starts[word]]) // self.problem.steps, int(word)

    def _steps(self, first: Pin, after: Pin) -> tuple[int, int]:
        return first[0] * self.problem.steps, after[0] * self.problem.steps

    def _labels(self, first: Pin, after: Pin) -> slice:
        return slice(self.problem.word_starts[first[1]], self.problem.word_starts[after[1]])

    def _piece(self, first: Pin, after: Pin) -> tuple[np.ndarray, np.ndarray, list[Star]]:
        """The path between two pins, its steps and words counted from the first."""
        (low, high), part = self._steps(first, after), self._labels(first, after)
        starts, ends = (np.where(times[part] >= 0, times[part] - low, LEFT_OUT) for times in (self.starts, self.ends))
        stars = [(begin - low, end - low, at - first[1]) for begin, end, at in self.stars if low <= begin < high]
        return starts, ends, stars
