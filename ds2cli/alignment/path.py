"""What an alignment is: prices, the path they lead to, and its score by definition."""

from dataclasses import dataclass, field

import numpy as np

from ds2cli.text.units import BLANK

INFINITE = float("inf")
HALVES = 2  # steps a frame in which fast speech is aligned: the next label may begin in the middle of a frame
LEFT_OUT = -1  # start and end of a label whose word was skipped
Star = tuple[int, int, int]


@dataclass(frozen=True)
class Prices:
    """What it costs to leave audio or text out, in nats >= 0; an infinite price forbids it.

    star_open   to begin a stretch of audio without text
    star_label  for every label that the network hears in it
    skip_open   to begin a stretch of text without audio
    skip_label  for every label in it, the space behind each word included
    """

    star_open: float
    star_label: float
    skip_open: float
    skip_label: float

    @property
    def allow_stars(self) -> bool:
        return max(self.star_open, self.star_label) < INFINITE

    @property
    def allow_skips(self) -> bool:
        return max(self.skip_open, self.skip_label) < INFINITE


PLAIN = Prices(INFINITE, INFINITE, INFINITE, INFINITE)  # plain CTC: all of the text, and nothing else, is said


@dataclass(frozen=True)
class AlignedPath:
    """Where each label lies.

    starts, ends  (L,) int32: label j holds steps [starts[j], ends[j]); LEFT_OUT where its word was skipped
    stars  (first step, step after, word) of audio without text, in order of time; it lies before that word
    score  of the whole path, prices taken off: natural log; a step counts as its part of a frame
    steps  how many make a frame
    """

    starts: np.ndarray
    ends: np.ndarray
    score: float
    stars: list[Star] = field(default_factory=list)
    steps: int = 1


@dataclass(frozen=True)
class GreedyPath:
    """What the network would say by itself in each frame.

    units  (T,) the likeliest; best  (T,) its log-prob; new  (T,) whether a label begins there
    """

    units: np.ndarray
    best: np.ndarray
    new: np.ndarray

    def __getitem__(self, frames: slice) -> "GreedyPath":
        return GreedyPath(self.units[frames], self.best[frames], self.new[frames])

    def starred(self, prices: Prices) -> np.ndarray:
        """(T,) float32: what a star earns in each frame; silence is free, every new label costs."""
        return (self.best - np.float32(prices.star_label) * self.new).astype(np.float32)


def greedy_path(log_probs: np.ndarray, block_frames: int = 4096) -> GreedyPath:
    """The likeliest unit of each frame, read block by block: `log_probs` may be larger than memory."""
    blocks = [log_probs[at : at + block_frames] for at in range(0, len(log_probs), block_frames)]
    units = np.concatenate([block.argmax(1) for block in blocks]) if blocks else np.zeros(0, np.int64)
    best = np.concatenate([block.max(1) for block in blocks]) if blocks else np.zeros(0, np.float32)
    return GreedyPath(units, best, (units != BLANK) & (units != np.concatenate([[BLANK], units[:-1]])))


def path_log_probs(log_probs: np.ndarray, heard: GreedyPath, labels: np.ndarray, starts: np.ndarray, ends: np.ndarray,
                   stars: list[Star], steps: int = 1) -> np.ndarray:
    """(T,) the log-prob of what a path says in each frame: its label, the blank, or whatever is likeliest in a star;
    the mean over the frame's steps."""
    timed = np.flatnonzero(starts >= 0)
    lengths = ends[timed] - starts[timed]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    units = np.full(len(heard.best) * steps, BLANK, np.int64)
    units[np.repeat(starts[timed], lengths) + within] = np.repeat(labels[timed], lengths)
    for first, after, _ in stars:
        units[first:after] = heard.units[np.arange(first, after) // steps]
    said = log_probs[np.arange(len(units)) // steps, units]
    return said.reshape(-1, steps).mean(1) if steps > 1 else said


def path_score(log_probs: np.ndarray, heard: GreedyPath, labels: np.ndarray, word_starts: np.ndarray, prices: Prices,
               starts: np.ndarray, ends: np.ndarray, stars: list[Star], steps: int = 1) -> float:
    """The score of a path by definition, summed in float64."""
    score = float(path_log_probs(log_probs, heard, labels, starts, ends, stars, steps).sum(dtype=np.float64))
    for first, after, _ in stars:
        score -= prices.star_open + prices.star_label * heard.new[np.arange(first, after) // steps].sum() / steps
    return score - sum(prices.skip_open + prices.skip_label * n for n in _skipped(starts, word_starts, stars))


def _skipped(starts: np.ndarray, word_starts: np.ndarray, stars: list[Star]) -> list[int]:
    """The labels of each stretch of words skipped together; a star within it divides it."""
    if len(word_starts) < 2:
        return []
    gone = starts[word_starts[:-1]] < 0
    inside = np.zeros(len(word_starts), bool)
    inside[[word for _, _, word in stars]] = True
    opens = np.flatnonzero(gone & (np.append(True, ~gone[:-1]) | inside[:-1]))
    closes = np.flatnonzero(gone & (np.append(~gone[1:], True) | inside[1:])) + 1
    return (word_starts[closes] - word_starts[opens]).tolist()
