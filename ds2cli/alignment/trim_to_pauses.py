"""Beside text or sound that was left out: back to the nearest pause, because nobody knows where the wrong part ends.

A word that is missing from a text is often paid for by its neighbours, and a word that the network failed to hear
leaves its sound in the gap. Segments that begin or end there would begin or end in the middle of speech: of 236
segments of a right text 6 had a word too many or too few at an end, of 231 that go back to a pause none
(recipes/segment).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ds2cli.alignment.aligned import AlignedRecording
from ds2cli.alignment.cutting import Segment, audible, stretches
from ds2cli.alignment.path import LEFT_OUT, Star
from ds2cli.text.spelled_text import SpelledText

NO_PAUSE = "no pause between it and what was left out"


def trim_to_pauses(recording: AlignedRecording, pause_seconds: float) -> tuple[AlignedRecording, list[Segment]]:
    """What `cut` may use of an aligned recording, and the words that were given up.

    pause_seconds  the shortest gap between words that counts as a pause
    returns        the recording without the words given up; its stars are every stretch of sound that no segment may
                   touch: those of the path without the silence at their ends, what is heard in place of skipped words,
                   and the words given up
    """
    (first, after), transcript, path = recording.word_steps, recording.transcript, recording.path
    sounds = sorted([*audible(path.stars, recording.is_silent), *_heard_in_gaps(first, after, recording.is_silent)])
    pause = pause_seconds / recording.step_seconds
    starts, given_up, dropped = path.starts.copy(), [], []
    for begin, end in stretches(first >= 0, sounds):
        inner_begin, inner_end = _between_pauses(begin, end, first, after, sounds, transcript, pause)
        for low, high in ((begin, inner_begin), (inner_end, end)):
            if low < high:
                starts[transcript.starts[low] : transcript.starts[high]] = LEFT_OUT
                given_up.append((int(first[low]), int(after[high - 1]), high))
                begins, ends = (float(step * recording.step_seconds) for step in (first[low], after[high - 1]))
                dropped.append(Segment(low, high, begins, ends, NO_PAUSE))
    trimmed = replace(path, starts=starts, stars=sorted([*sounds, *given_up]))
    return replace(recording, path=trimmed), dropped


def _heard_in_gaps(first: np.ndarray, after: np.ndarray, is_silent: np.ndarray) -> list[Star]:
    """What sounds where words were skipped: from the first to the last step that is not silent."""
    spoken = np.flatnonzero(first >= 0)
    gaps = [(int(after[a]), int(first[b]), int(b)) for a, b in zip(spoken, spoken[1:], strict=False) if b > a + 1]
    if len(spoken) and spoken[0] > 0:
        gaps.append((0, int(first[spoken[0]]), int(spoken[0])))
    if len(spoken) and spoken[-1] < len(first) - 1:
        gaps.append((int(after[spoken[-1]]), len(is_silent), len(first)))
    return audible(gaps, is_silent)


def _between_pauses(
    begin: int, end: int, first: np.ndarray, after: np.ndarray, sounds: Sequence[Star], transcript: SpelledText,
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


def _last_end(step: int, after: np.ndarray, sounds: Sequence[Star]) -> float:
    """Where the last sound before a step ends; long ago, where there is none."""
    ends = np.array([*after[after >= 0], *(sound[1] for sound in sounds)], dtype=float)
    return float(ends[ends <= step].max(initial=-np.inf))


def _next_start(step: int, first: np.ndarray, sounds: Sequence[Star]) -> float:
    """Where the first sound behind a step begins; far away, where there is none."""
    starts = np.array([*first[first >= 0], *(sound[0] for sound in sounds)], dtype=float)
    return float(starts[starts >= step].min(initial=np.inf))
