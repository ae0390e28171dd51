"""Beside what was left out, words are given up as far as the nearest pause, and no further."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.alignment.aligned import AlignedRecording, silent_units
from ds2cli.alignment.cutting import cut
from ds2cli.alignment.path import AlignedPath
from ds2cli.alignment.settings import CutSettings
from ds2cli.alignment.trim_to_pauses import NO_PAUSE, trim_to_pauses
from ds2cli.text.spans import Span
from ds2cli.text.spelled_text import SpelledText
from ds2cli.text.units import Units

FRAME, PAUSE = 0.1, 0.3
BLANK, LETTER, SPACE = 0, 1, 2


def alignment(words, n_frames, stars=(), loud=(), joined=(), spaces=(), steps=1):
    """Words of a letter each at their (first, after) steps, None where skipped; log-probs that say a letter there, and
    a space in the steps `spaces`."""
    starts = np.array([one[0] if one else -1 for one in words], np.int32)
    ends = np.array([one[1] if one else -1 for one in words], np.int32)
    spans = [Span(2 * (n - (n in joined)), 2 * (n - (n in joined)) + 1) for n in range(len(words))]
    transcript = SpelledText("a " * len(words), ["a"] * len(words), spans, np.full(len(words), LETTER, np.int32),
                             np.arange(len(words) + 1, dtype=np.int32), Counter(), False, " ")
    log_probs = np.full((n_frames // steps, 3), -5.0, np.float32)
    log_probs[:, BLANK] = -0.1
    for unit, stretches in ((LETTER, [*filter(None, words), *loud]), (SPACE, spaces)):
        for first, after in stretches:
            log_probs[first // steps : -(-after // steps)] = np.where(np.arange(3) == unit, -0.1, -5.0)
    path = AlignedPath(starts, ends, 0.0, list(stars), steps)
    return AlignedRecording(transcript, log_probs, path, FRAME, (BLANK, SPACE))


def settled(words, n_frames, **kinds):
    trimmed, dropped = trim_to_pauses(alignment(words, n_frames, **kinds), PAUSE)
    kept = [n for n in range(len(words)) if trimmed.path.starts[n] >= 0]
    return kept, trimmed.path.stars, [(one.first_word, one.after_word) for one in dropped]


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


def test_the_space_that_a_network_writes_in_a_pause_is_no_sound():
    #        label without sound, then a pause that ends with a space
    words = [(0, 2), None, (9, 11), (12, 14)]
    assert settled(words, 20, spaces=[(8, 9)]) == ([0, 2, 3], [], [])
    star = [(2, 9, 1)]
    assert settled([(0, 2), (9, 11)], 20, stars=star, spaces=[(4, 5), (8, 9)]) == ([0, 1], [], [])
    assert (4, 5, 1) in settled([(0, 2), (9, 11)], 20, stars=star, loud=[(4, 5)], spaces=[(8, 9)])[1]


def test_steps_of_half_a_frame_are_half_as_long():
    words = [(0, 4), (12, 16), (18, 22), None, (26, 30), (32, 36), (44, 48)]  # the first example, each step twice
    kept, sounds, dropped = settled(words, 60, loud=[(22, 26)], steps=2)
    assert kept == [0, 6] and dropped == [(1, 3), (4, 6)]
    assert sounds == [(12, 22, 3), (22, 26, 4), (26, 36, 6)]


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
    recording = alignment(words, n_frames, loud=loud)
    trimmed, dropped = trim_to_pauses(recording, PAUSE)
    short = CutSettings(min_seconds=0.01, target_seconds=50, max_seconds=100)
    segments, others = cut(trimmed, short)
    first, after = recording.word_steps
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


@pytest.mark.parametrize(("names", "separator", "silent"), [
    ((" ", "a"), "", [0, 1]), (("a", "'"), "", [0]), (("▁", "▁a", "a"), "", [0, 1]), (("AH", "B"), " ", [0]),
])
def test_units_that_nobody_hears_are_the_blank_and_a_space_alone(names, separator, silent):
    assert silent_units(Units(("<blank>", *names), separator)) == silent
