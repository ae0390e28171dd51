"""Beside text or sound that was left out: back to the nearest pause, because nobody knows where the wrong part ends.

A word that is missing from a text is often paid for by its neighbours, and a word that the network failed to hear
leaves its sound in the gap. Segments that begin or end there would begin or end in the middle of speech: of 236
segments of a right text 6 had a word too many or too few at an end, of 231 that go back to a pause none
(recipes/segment).
"""

from collections.abc import Sequence

import numpy as np

from ds2cli.alignment.cutting import Segment, Star, audible, stretches, word_frames
from ds2cli.text.transcript import Transcript
from ds2cli.text.units import BLANK

NO_PAUSE = "no pause between it and what was left out"


def settle_edges(
    starts: np.ndarray, ends: np.ndarray, stars: Sequence[Star], transcript: Transcript, log_probs: np.ndarray,
    frame_seconds: float, pause_seconds: float,
) -> tuple[np.ndarray, list[Star], list[Segment]]:
    """What `cut` may use of an alignment: frames of labels, sound that has no text, and the words that were given up.

    starts, ends  (L,) the frames [start, end) of each label; -1 where its word was skipped
    stars         sound without text, as the aligned path has it
    pause_seconds the shortest gap between words that counts as a pause
    returns       starts, with -1 for the words given up too; every stretch of sound that no segment may touch: stars
                  without the silence at their ends, what is heard in place of skipped words, and the words given up
    """
    first, after = word_frames(starts, ends, transcript)
    sounds = sorted([*audible(stars, log_probs), *_heard_in_gaps(first, after, log_probs)])
    pause = pause_seconds / frame_seconds
    starts, given_up, dropped = starts.copy(), [], []
    for begin, end in stretches(first >= 0, sounds):
        inner_begin, inner_end = _between_pauses(begin, end, first, after, sounds, transcript, pause)
        for low, high in ((begin, inner_begin), (inner_end, end)):
            if low < high:
                starts[transcript.starts[low] : transcript.starts[high]] = -1
                given_up.append((int(first[low]), int(after[high - 1]), high))
                seconds = first[low] * frame_seconds, after[high - 1] * frame_seconds
                dropped.append(Segment(low, high, *map(float, seconds), NO_PAUSE))
    return starts, sorted([*sounds, *given_up]), dropped


def _heard_in_gaps(first: np.ndarray, after: np.ndarray, log_probs: np.ndarray) -> list[Star]:
    """What sounds where words were skipped: from the first to the last frame whose likeliest unit is not the blank."""
    spoken = np.flatnonzero(first >= 0)
    gaps = [(int(after[a]), int(first[b]), int(b)) for a, b in zip(spoken, spoken[1:], strict=False) if b > a + 1]
    if len(spoken) and spoken[0] > 0:
        gaps.append((0, int(first[spoken[0]]), int(spoken[0])))
    if len(spoken) and spoken[-1] < len(first) - 1:
        gaps.append((int(after[spoken[-1]]), len(log_probs), len(first)))
    found = []
    for low, high, word in gaps:
        loud = low + np.flatnonzero(log_probs[low:high].argmax(1) != BLANK) if high > low else ()
        if len(loud):
            found.append((int(loud[0]), int(loud[-1]) + 1, word))
    return found


def _between_pauses(
    begin: int, end: int, first: np.ndarray, after: np.ndarray, sounds: Sequence[Star], transcript: Transcript,
    pause: float,
) -> tuple[int, int]:
    """The words of a stretch from its first pause to its last, [begin, end); numbers stay whole."""
    before = first[begin:end] - np.concatenate([[_last_end(first[begin], after, sounds)], after[begin : end - 1]])
    behind = np.concatenate([first[begin + 1 : end], [_next_start(after[end - 1], first, sounds)]]) - after[begin:end]
    inside = transcript.joins[begin + 1 : end]  # a number, between the words of the stretch
    opens = np.flatnonzero((before >= pause) & ~np.concatenate([[False], inside]))
    closes = np.flatnonzero((behind >= pause) & ~np.concatenate([inside, [False]]))
    if not len(opens) or not len(closes) or closes[-1] < opens[0]:
        return end, end
    return begin + int(opens[0]), begin + int(closes[-1]) + 1


def _last_end(frame: int, after: np.ndarray, sounds: Sequence[Star]) -> float:
    """Where the last sound before a frame ends; long ago, where there is none."""
    ends = np.array([*after[after >= 0], *(sound[1] for sound in sounds)], dtype=float)
    return float(ends[ends <= frame].max(initial=-np.inf))


def _next_start(frame: int, first: np.ndarray, sounds: Sequence[Star]) -> float:
    """Where the first sound behind a frame begins; far away, where there is none."""
    starts = np.array([*first[first >= 0], *(sound[0] for sound in sounds)], dtype=float)
    return float(starts[starts >= frame].min(initial=np.inf))
