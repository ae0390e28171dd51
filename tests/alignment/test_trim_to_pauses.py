"""Beside what was left out, words are given up as far as the nearest pause, and no further."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.alignment.cutting import cut, word_frames
from ds2cli.alignment.edges import NO_PAUSE, settle_edges
from ds2cli.alignment.settings import CutSettings
from ds2cli.text.spans import Span
from ds2cli.text.transcript import Transcript

FRAME, PAUSE = 0.1, 0.3
LETTER = 1


def alignment(words, n_frames, loud=(), joined=()):
    """Words of a letter each at their (first, after) frames, None where skipped; log-probs that say a letter there."""
    starts = np.array([one[0] if one else -1 for one in words], np.int32)
    ends = np.array([one[1] if one else -1 for one in words], np.int32)
    spans = [Span(2 * (n - (n in joined)), 2 * (n - (n in joined)) + 1) for n in range(len(words))]
    transcript = Transcript("a " * len(words), ["a"] * len(words), spans, np.full(len(words), LETTER, np.int32),
                            np.arange(len(words) + 1, dtype=np.int32), Counter(), False, " ")
    log_probs = np.full((n_frames, 2), -5.0, np.float32)
    log_probs[:, 0] = -0.1
    for first, after in [*filter(None, words), *loud]:
        log_probs[first:after] = (-5.0, -0.1)
    return starts, ends, transcript, log_probs


def settled(words, n_frames, stars=(), loud=(), joined=()):
    starts, ends, transcript, log_probs = alignment(words, n_frames, loud, joined)
    left, sounds, dropped = settle_edges(starts, ends, list(stars), transcript, log_probs, FRAME, PAUSE)
    return [n for n in range(len(words)) if left[n] >= 0], sounds, [(one.first_word, one.after_word) for one in dropped]


def test_nothing_left_out_changes_nothing():
    assert settled([(0, 2), (3, 5), (5, 8)], 9) == ([0, 1, 2], [], [])


def test_words_up_to_the_pause_are_given_up_beside_a_skipped_word():
    #        pause 4   1     skipped     1      pause 4
    words = [(0, 2), (6, 8), (9, 11), None, (13, 15), (16, 18), (22, 24)]
    kept, sounds, dropped = settled(words, 30, loud=[(11, 13)])
    assert kept == [0, 6] and dropped == [(1, 3), (4, 6)]
    assert sounds == [(6, 11, 3), (11, 13, 4), (13, 18, 6)]


def test_a_skip_between_two_pauses_costs_no_word():
    kept, sounds, dropped = settled([(0, 2), None, (12, 14)], 20, loud=[(6, 8)])
    assert (kept, dropped) == ([0, 2], []) and sounds == [(6, 8, 2)]


def test_a_skip_that_is_silent_leaves_its_neighbours_where_a_pause_is_between_them():
    assert settled([(0, 2), None, (6, 8)], 20)[0] == [0, 2]
    assert settled([(0, 2), None, (4, 6)], 20)[0] == []


def test_stars_are_neighbours_too():
    kept, sounds, dropped = settled([(0, 2), (3, 5), (30, 32), (33, 35)], 40, stars=[(5, 28, 2)], loud=[(6, 27)])
    assert kept == [2, 3] and dropped == [(0, 2)] and (6, 27, 2) in sounds


def test_a_number_is_given_up_whole():
    words = [None, (2, 4), (10, 12), (20, 22)]  # words 1 and 2 are one number, with a pause inside it
    assert settled(words, 30, loud=[(0, 2)], joined={2})[0] == [3]
    assert settled(words, 30, loud=[(0, 2)])[0] == [2, 3]


@st.composite
def recordings(draw):
    words, loud, at = [], [], draw(st.integers(0, 5))
    for _ in range(draw(st.integers(1, 12))):
        at += draw(st.integers(0, 6))
        length = draw(st.integers(1, 4))
        skipped = draw(st.integers(0, 4)) == 0
        words.append(None if skipped else (at, at + length))
        if skipped and draw(st.booleans()):
            loud.append((at, at + length))
        at += length
    return words, loud, at + draw(st.integers(0, 5))


@given(recordings())
def test_segments_begin_and_end_in_pauses_wherever_something_was_left_out(recording):
    words, loud, n_frames = recording
    starts, ends, transcript, log_probs = alignment(words, n_frames, loud)
    left, sounds, dropped = settle_edges(starts, ends, [], transcript, log_probs, FRAME, PAUSE)
    short = CutSettings(min_seconds=0.01, target_seconds=50, max_seconds=100)
    segments, others = cut(left, ends, sounds, transcript, n_frames, FRAME, short)
    first, after = word_frames(starts, ends, transcript)
    covered = [word for one in (*segments, *others, *dropped) for word in range(one.first_word, one.after_word)]
    assert sorted(covered) == [word for word in range(len(words)) if words[word]]
    assert all(one.reason == NO_PAUSE for one in dropped)
    every_sound = [*filter(None, words), *loud]
    for one in segments:
        begin, end = first[one.first_word], after[one.after_word - 1]
        if one.first_word and words[one.first_word - 1] is None:
            assert begin - max((b for _, b in every_sound if b <= begin), default=-99) >= PAUSE / FRAME - 1e-6
        if one.after_word < len(words) and words[one.after_word] is None:
            assert min((a for a, _ in every_sound if a >= end), default=999) - end >= PAUSE / FRAME - 1e-6
        for low, high in every_sound:
            inside = begin <= low and high <= end
            assert inside or high * FRAME <= one.start + 1e-6 or low * FRAME >= one.end - 1e-6


@pytest.mark.parametrize("words", [[], [None], [None, None]])
def test_nothing_said_is_nothing_settled(words):
    assert settled(words, 5) == ([], [], [])
