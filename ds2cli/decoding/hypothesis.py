"""What a decoder answers: a text, its scores, and when each word was said."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.text.units import Units


@dataclass(frozen=True)
class Word:
    """A word and when it was heard."""

    word: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class Hypothesis:
    """One reading of an utterance; log scores are natural.

    text  as it is written, without spaces at its ends
    acoustic, lm, total  log p_ctc of the text, log p_lm of it, and what was maximised: weights, rewards, penalties in
    spoken  the words (units, where these do not tell words) as they are written, and which of the units say each
    units  (L,) indices, spaces between words included
    starts, ends  (L,) frames [start, end) of each unit on the likeliest path
    log_peaks  (L,) each unit's best log-prob within its frames
    tokens  of a beam: the number of each word (of each unit, where these are the tokens) in its `Tokens`; -1: in none
    """

    text: str
    acoustic: float
    lm: float
    total: float
    units: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    log_peaks: np.ndarray
    spoken: list[tuple[str, slice]]
    tokens: Sequence[int] = ()

    def words(self, frame_seconds: float) -> list[Word]:
        """The words (the units, where text has no spaces) with their times in seconds.

        A word's confidence is the geometric mean of its units' best probabilities: what the network says, without
        the language model.
        """
        return [
            Word(word, float(self.starts[span][0] * frame_seconds), float(self.ends[span][-1] * frame_seconds),
                 float(np.exp(self.log_peaks[span].mean())))
            for word, span in self.spoken
        ]

    def unit_times(self, units: Units, frame_seconds: float) -> list[tuple[str, float, float]]:
        """Every unit with its start and end in seconds."""
        return [(units.names[unit], start * frame_seconds, end * frame_seconds)
                for unit, start, end in zip(self.units.tolist(), self.starts.tolist(), self.ends.tolist(), strict=True)]


def spoken_units(indices: np.ndarray, units: Units) -> list[tuple[str, slice]]:
    """Words as the units themselves tell them."""
    return [(units.text(indices[span]), span) for span in units.word_spans(indices.tolist())]
