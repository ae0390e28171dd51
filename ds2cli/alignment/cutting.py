"""An aligned recording to utterances: which gaps between words to cut at, the best of all choices.

Amodei et al. 2016 (arXiv:1512.02595), section 5.1, cut at long runs of blanks. Here every gap between words has its
price, the lengths of the pieces have theirs, and dynamic programming finds the set of cuts that is cheapest in all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.alignment.aligned import AlignedRecording
from ds2cli.alignment.path import Star
from ds2cli.alignment.settings import CutSettings

# A piece costs (seconds / target - 1)^2, a cut exp(-gap / SOFT_SECONDS), less what it costs in a usual pause, so that
# the mean length stays near the target. Far above them: a cut where nobody paused, for the sound of a letter lasts
# longer than its frames. Far above that: a word left out, where no cut makes its piece fit.
SOFT_SECONDS, USUAL_SECONDS = 0.3, 0.45
NO_PAUSE, LEFT_OUT = 1e3, 1e6
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Segment:
    """Words first_word up to after_word, heard from start to end (seconds in the recording).

    reason  why it is no utterance; empty for one that is
    """

    first_word: int
    after_word: int
    start: float
    end: float
    reason: str = ""


@dataclass(frozen=True)
class _Places:
    """(W,) each, in seconds: where a segment begins that begins with a word, and ends that ends with it; the gap before
    the word. Words that were skipped have no meaning here."""

    begins: np.ndarray
    ends: np.ndarray
    gaps: np.ndarray


def cut(recording: AlignedRecording, settings: CutSettings) -> tuple[list[Segment], list[Segment]]:
    """The segments of a recording, and the words that were heard but fit into none, each with its reason; in order.

    recording  its stars are what no segment may touch, silence at their ends taken off: see `trim_to_pauses`

    No segment holds sound without text or text without sound; none begins or ends inside a word or a number. Of the
    silence around it a segment keeps settings.silence_seconds, at most half of the gap, and nothing of a star.
    """
    places = _places(recording, settings.silence_seconds)
    segments: list[Segment] = []
    dropped: list[Segment] = []
    joins = recording.transcript.joins
    for first, after in stretches(recording.word_steps[0] >= 0, recording.path.stars):
        inner = first + 1 + np.flatnonzero(~joins[first + 1 : after])
        for one in _cut_stretch(np.array([first, *inner.tolist(), after]), places, settings):
            (dropped if one.reason else segments).append(one)
    return segments, dropped


def audible(stars: Sequence[Star], is_silent: np.ndarray) -> list[Star]:
    """The stars without the silence at their ends; silent stars vanish.

    is_silent  (steps,) bool: where nothing is heard, as `AlignedRecording` has it

    A path takes silence into a star or leaves it outside at the same price, but a segment beside it wants its share.
    """
    heard = []
    for first, after, word in stars:
        loud = first + np.flatnonzero(~is_silent[first:after])
        if len(loud):
            heard.append((int(loud[0]), int(loud[-1]) + 1, word))
    return heard


def _places(recording: AlignedRecording, silence: float) -> _Places:
    """Words' steps -> places for cuts; gaps reach to the next sound, a word or a star, or the recording's end."""
    (first, after), stars, step_seconds = recording.word_steps, recording.path.stars, recording.step_seconds
    spoken = first >= 0
    sound_ends = np.sort([*after[spoken].tolist(), *(star[1] for star in stars)])
    sound_starts = np.sort([*first[spoken].tolist(), *(star[0] for star in stars)])
    before = np.searchsorted(sound_ends, first, side="right")
    behind = np.searchsorted(sound_starts, after, side="left")
    # Half of a gap is the neighbour's, but at the recording's ends there is none.
    lead = (first - np.concatenate([[0], sound_ends])[before]) / np.where(before == 0, 1, 2)
    next_starts = np.concatenate([sound_starts, [recording.n_steps]])[behind]
    trail = (next_starts - after) / np.where(behind == len(sound_starts), 1, 2)
    return _Places(
        first * step_seconds - np.minimum(lead * step_seconds, silence),
        after * step_seconds + np.minimum(trail * step_seconds, silence),
        (first - np.concatenate([[0], after[:-1]])) * step_seconds,
    )


def stretches(spoken: np.ndarray, stars: Sequence[Star]) -> Iterator[tuple[int, int]]:
    """Runs of words that were heard one after another, [first, after), with no sound between them that has no text."""
    broken = np.zeros(len(spoken) + 1, dtype=bool)
    broken[[word for _, _, word in stars]] = True
    padded = np.concatenate([[False], spoken, [False]])
    begins = np.flatnonzero(padded[1:-1] & (~padded[:-2] | broken[:-1]))
    ends = np.flatnonzero(padded[1:-1] & (~padded[2:] | broken[1:])) + 1
    yield from zip(begins.tolist(), ends.tolist(), strict=True)


def _cut_stretch(at: np.ndarray, places: _Places, settings: CutSettings) -> Iterator[Segment]:
    """The cheapest cuts of one stretch.

    at  (N + 1,) the words before which a cut may fall, the stretch's ends among them

    cost[k] is that of the words up to at[k], with a cut there; came[k] is the cut before it, fits[k] whether the words
    between are a segment or left out. O(N * cuts within the maximum).
    """
    begins, ends = places.begins[at[:-1]], places.ends[at[1:] - 1]
    prices = _prices(places.gaps[at[1:-1]], settings)
    lowest = np.searchsorted(begins, ends - settings.max_seconds - _ROUNDING, side="left").tolist()
    highest = np.searchsorted(begins, ends - settings.min_seconds + _ROUNDING, side="right").tolist()
    cost = np.zeros(len(at))
    came = np.zeros(len(at), dtype=np.int64)
    fits = np.zeros(len(at), dtype=bool)
    for k in range(1, len(at)):
        cost[k], came[k] = cost[k - 1] + LEFT_OUT, k - 1
        low, high = lowest[k - 1], highest[k - 1]
        if low < high:
            costs = cost[low:high] + ((ends[k - 1] - begins[low:high]) / settings.target_seconds - 1) ** 2
            best = costs.argmin()
            if costs[best] < cost[k]:
                cost[k], came[k], fits[k] = costs[best], low + best, True
        if k < len(at) - 1:
            cost[k] += prices[k - 1]
    yield from _walk_back(at, begins, ends, came, fits, settings)


def _prices(gaps: np.ndarray, settings: CutSettings) -> np.ndarray:
    """What a cut in each gap (seconds) costs."""
    prices = np.exp(-gaps / SOFT_SECONDS) - np.exp(-USUAL_SECONDS / SOFT_SECONDS)
    return prices + NO_PAUSE * (gaps < settings.pause_seconds - _ROUNDING)


def _walk_back(
    at: np.ndarray, begins: np.ndarray, ends: np.ndarray, came: np.ndarray, fits: np.ndarray, settings: CutSettings
) -> list[Segment]:
    """The pieces from the last to the first, in order; neighbours that were left out become one."""
    pieces: list[Segment] = []
    after = len(at) - 1
    while after > 0:
        first, reason = int(came[after]), ""
        if not fits[after]:
            while first > 0 and not fits[first]:
                first = int(came[first])
            seconds = ends[after - 1] - begins[first]
            reason = (f"shorter than {settings.min_seconds:g} s" if seconds < settings.min_seconds
                      else f"no cut makes it fit into {settings.max_seconds:g} s")
        pieces.append(Segment(int(at[first]), int(at[after]), float(begins[first]), float(ends[after - 1]), reason))
        after = first
    return pieces[::-1]
