"""A recording whose text has its times: what cutting, judging and describing it all look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ds2cli.alignment.path import AlignedPath, GreedyPath, greedy_path, path_log_probs
from ds2cli.text.spelled_text import SpelledText
from ds2cli.text.units import BLANK, Units


@dataclass(frozen=True)
class AlignedRecording:
    """What is heard, what is written, and the path that joins them.

    transcript     the text as the network spells it: (L,) labels, W words
    log_probs      (T, V) natural logs
    path           where each label lies, in steps, of which path.steps make a frame
    frame_seconds  of one frame
    silent_units   units that nobody hears: the blank, and a space alone, which networks write in pauses
    """

    transcript: SpelledText
    log_probs: np.ndarray
    path: AlignedPath
    frame_seconds: float
    silent_units: Sequence[int] = (BLANK,)

    @property
    def n_steps(self) -> int:
        return len(self.log_probs) * self.path.steps

    @property
    def step_seconds(self) -> float:
        return self.frame_seconds / self.path.steps

    @cached_property
    def heard(self) -> GreedyPath:
        return greedy_path(self.log_probs)

    @cached_property
    def is_silent(self) -> np.ndarray:
        """(T * steps,) bool: whether the likeliest unit is one that nobody hears."""
        return np.repeat(np.isin(self.heard.units, self.silent_units), self.path.steps)

    @cached_property
    def word_steps(self) -> tuple[np.ndarray, np.ndarray]:
        """(W,) the first step of each word and (W,) the step behind its last letter; -1 where it was left out."""
        return self.path.starts[self.transcript.starts[:-1]], self.path.ends[self.transcript.ends - 1]

    @cached_property
    def deficits(self) -> np.ndarray:
        """(T,) nats by which the path falls behind the likeliest unit of each frame."""
        path = self.path
        return self.heard.best - path_log_probs(self.log_probs, self.heard, self.transcript.labels, path.starts,
                                                path.ends, path.stars, path.steps)


def silent_units(units: Units) -> list[int]:
    """The blank, and every unit that spells nothing but a space."""
    return [index for index in range(len(units)) if not units.body(index).strip()]
