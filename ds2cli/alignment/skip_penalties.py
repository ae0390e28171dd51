"""What it costs this network, in this recording, to spell a right text and a wrong one; and prices that lie between."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ds2cli.alignment.path import HALVES, PLAIN, GreedyPath, Prices
from ds2cli.alignment.viterbi import viterbi_path
from ds2cli.errors import TextError

SAMPLES = 40  # stretches that are measured
STRETCH_FRAMES = 400
FEWEST = 20  # labels in a stretch that is worth measuring
BETWEEN = 0.3  # where a star and a skip together lie per label, from right text (0) to wrong (1)
OPENING = 13.0  # labels' worth of wrong text to open both
NO_ANCHORS = 0.5  # right / wrong where nothing says what is right: as if more than half of the labels were misheard
CLOSEST = 0.2  # of wrong: no nearer to each other are right and wrong taken to be
UNMEASURED = 4.0  # nats per label of wrong text, in recordings too short to tell: networks had 3 to 9


@dataclass(frozen=True)
class SpellingCosts:
    """Nats per label that a forced path stays below what the network hears.

    right  of text where anchors say that it is spoken, NaN without anchors; wrong  of shuffled text
    """

    right: float
    wrong: float


def measure_costs(log_probs: np.ndarray, heard: GreedyPath, labels: np.ndarray, word_starts: np.ndarray,
                  cuts: list[tuple[int, int]]) -> SpellingCosts:
    """The median over stretches, so that a few with missing or surplus text do not count."""
    pieces = list(zip(cuts, cuts[1:], strict=False))
    pieces = [pieces[i] for i in np.linspace(0, len(pieces) - 1, min(SAMPLES, len(pieces))).astype(int)]
    right = [_deficit(log_probs[first:after], heard[first:after], labels[word_starts[word] : word_starts[until]])
             for (first, word), (after, until) in pieces]
    wrong = [_deficit(*stretch) for stretch in _shuffled_stretches(log_probs, heard, labels)]
    return SpellingCosts(_median(right), _median(wrong))


def _shuffled_stretches(log_probs: np.ndarray, heard: GreedyPath,
                        labels: np.ndarray) -> Iterator[tuple[np.ndarray, GreedyPath, np.ndarray]]:
    """Parts of the recording, each with as many labels as are heard there: some of the text, in an order of no meaning.

    Shuffled, as text from elsewhere may be the same again: a refrain, a prayer.
    """
    generator = np.random.default_rng(0)
    for share in np.linspace(0, 1, SAMPLES):
        first = int(share * max(0, len(heard.best) - STRETCH_FRAMES))
        frames = slice(first, first + STRETCH_FRAMES)
        size = int(heard[frames].new.sum())
        at = int(share * max(0, len(labels) - size))
        # A text that is shorter than the stretch is taken again and again: few labels would answer for many heard.
        yield log_probs[frames], heard[frames], generator.permutation(np.resize(labels[at : at + size], size))


def _deficit(log_probs: np.ndarray, heard: GreedyPath, labels: np.ndarray) -> float:
    """Nats per label that the whole text stays below what is heard; NaN where labels are too few, or do not fit."""
    if len(labels) < FEWEST:
        return np.nan
    try:
        path = viterbi_path(log_probs, labels, np.array([0, len(labels)]), PLAIN, heard, HALVES)
    except TextError:
        return np.nan
    return (float(heard.best.sum(dtype=np.float64)) - path.score) / len(labels)


def _median(values: list[float]) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else np.nan


def fit_prices(costs: SpellingCosts) -> Prices:
    """Prices at which right text is kept, and text or audio without its counterpart is left out.

    A star and a skip side by side replace text by whatever is heard: per label they must cost more than right text and
    less than wrong text, and to open them more than a few labels that are heard badly.

    Chosen on real speech: 27 minutes of LibriSpeech, four people whom the model (WER 83 %) had not heard, the text
    right or one utterance in ten wrong (recipes/segment). Per cent of spoken words left out, and of unspoken words
    given a time, where whole utterances are wrong (339 unspoken words) and where one to four words are (17):

        BETWEEN, OPENING   left out of a right text   unspoken, timed
        0.3      6         1.75                       2.9    1 of 17
        0.3      9         0.80                       1.5    1
        0.3      13        0.50                       1.5    2    chosen
        0.3      18        0.20                       1.5    2
        0.4      6         1.16                       3.8    1    chosen before, on made-up speech alone
        0.4      13        0.43                       1.5    2
        0.4      18        0.18                       4.7    2
        0.55     13        0.36                       4.7    2
        0.55     18        0.18                       4.7    4

    Made-up speech (`tests/benchmarks/align.py --prices`) is kinder: its errors do not come in runs.
    """
    wrong = costs.wrong if np.isfinite(costs.wrong) else UNMEASURED
    right = costs.right if np.isfinite(costs.right) else NO_ANCHORS * wrong
    label = (right + BETWEEN * max(wrong - right, CLOSEST * wrong)) / 2
    opening = OPENING * wrong / 2
    return Prices(opening, label, opening, label)
