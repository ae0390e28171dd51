"""Cuts of an aligned recording: the best of all choices, held to enumeration; what no segment may ever do."""

import itertools
from collections import Counter
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.alignment import cutting
from ds2cli.alignment.aligned import AlignedRecording
from ds2cli.alignment.cutting import Segment, audible, cut
from ds2cli.alignment.path import AlignedPath
from ds2cli.alignment.settings import CutSettings
from ds2cli.declarations import declared
from ds2cli.errors import UsageError
from ds2cli.text.spans import Span
from ds2cli.text.spelled_text import SpelledText

FRAME = 0.04
SPACE, LETTER = 1, 2


def aligned(words, n_letters=2, is_spaced=True, number=(), stars=(), n_frames=None):
    """A recording of words at their (first, after) frames; None is a word that was skipped.

    number  words that share the span of the word before them
    """
    labels, bounds, starts, ends, spans = [], [0], [], [], []
    for index, frames in enumerate(words):
        labels += [LETTER] * n_letters
        first, after = frames or (-1, -1)
        middle = first if frames is None else (first + after) // 2
        starts += [first] + [middle] * (n_letters - 1)
        ends += [middle] * (n_letters - 1) + [after]
        if is_spaced and index + 1 < len(words):
            labels.append(SPACE)
            starts.append(after)  # the space sounds nowhere: it may lie in any frame of the gap
            ends.append(-1 if frames is None else after + 1)
        bounds.append(len(labels))
        spans.append(spans[-1] if index in number else Span(3 * index, 3 * index + 2))
    transcript = SpelledText("ab " * len(words), ["ab"] * len(words), spans, np.array(labels, np.int32),
                             np.array(bounds, np.int32), Counter(), is_spaced, " " if is_spaced else "")
    if n_frames is None:
        n_frames = max([frames[1] for frames in words if frames] + [star[1] for star in stars] + [1])
    path = AlignedPath(np.array(starts, np.int32), np.array(ends, np.int32), 0.0, list(stars))
    return AlignedRecording(transcript, np.zeros((n_frames, 1), np.float32), path, FRAME)


def cut_words(words, stars=(), n_frames=None, chosen=CutSettings(), **kinds):
    return cut(aligned(words, stars=stars, n_frames=n_frames, **kinds), chosen)


@st.composite
def recordings(draw, max_words=12, max_gap=40):
    """Words with gaps between them, some skipped, some with sound without text before them, some of one number."""
    words, stars, number, at = [], [], [], draw(st.integers(0, 30))
    for index in range(draw(st.integers(1, max_words))):
        kind = draw(st.sampled_from(["word"] * 7 + ["skipped", "star", "number"]))
        if kind == "skipped":
            words.append(None)
            continue
        if kind == "star":
            length = draw(st.integers(1, 60))
            stars.append((at, at + length, index))
            at += length + draw(st.integers(0, 20))
        if kind == "number" and index and words[-1] is not None:
            number.append(index)
        length = draw(st.integers(2, 30))
        words.append((at, at + length))
        at += length + draw(st.integers(0, max_gap))
    return words, stars, number, at + draw(st.integers(0, 30))


chosen_settings = st.builds(
    lambda least, above, most, *others: CutSettings(least, least + above + most, least + above, *others),
    st.floats(0.1, 2), st.floats(0, 3), st.floats(0, 4),
    st.sampled_from([0, 0.15, 0.4]), st.sampled_from([0, 0.1, 0.3]),
)  # fmt: skip


def cost_of(pieces, gaps, chosen):
    """The cost of (seconds, n_atoms) pieces with gaps between them; None where one fits not but could be cut."""
    total = 0.0
    for seconds, n_atoms in pieces:
        if chosen.min_seconds - 1e-9 <= seconds <= chosen.max_seconds + 1e-9:
            total += (seconds / chosen.target_seconds - 1) ** 2
        elif n_atoms == 1:
            total += cutting.LEFT_OUT
        else:
            return None
    for gap in gaps:
        usual = exp(-cutting.USUAL_SECONDS / cutting.SOFT_SECONDS)
        total += exp(-gap / cutting.SOFT_SECONDS) - usual + cutting.NO_PAUSE * (gap < chosen.pause_seconds - 1e-9)
    return total


def begins_and_ends(words, n_frames, silence):
    """Where segments begin and end that begin and end with each word, said once more."""
    found = []
    for index, (first, after) in enumerate(words):
        lead = (first - words[index - 1][1]) / 2 if index else first
        trail = (words[index + 1][0] - after) / 2 if index + 1 < len(words) else n_frames - after
        found.append((first * FRAME - min(silence, lead * FRAME), after * FRAME + min(silence, trail * FRAME)))
    return found


@settings(max_examples=200)
@given(recording=recordings(max_words=9), chosen=chosen_settings)
def test_no_other_cuts_are_cheaper(recording, chosen):
    words, _, number, n_frames = recording
    words = [frames for frames in words if frames]
    number = [index for index in number if 0 < index < len(words)]
    if not words:
        return
    places = begins_and_ends(words, n_frames, chosen.silence_seconds)
    allowed = [index for index in range(1, len(words)) if index not in number]
    gap = {index: (words[index][0] - words[index - 1][1]) * FRAME for index in range(1, len(words))}

    def price(inner):
        edges = [0, *inner, len(words)]
        pieces = [(places[b - 1][1] - places[a][0], 1 + sum(a < index < b for index in allowed))
                  for a, b in itertools.pairwise(edges)]
        return cost_of(pieces, [gap[index] for index in inner], chosen)

    choices = itertools.chain.from_iterable(itertools.combinations(allowed, n) for n in range(len(allowed) + 1))
    best = min(cost for cost in map(price, choices) if cost is not None)
    segments, dropped = cut_words(words, n_frames=n_frames, chosen=chosen, number=number)
    inner = {piece.first_word for piece in segments}
    for piece in dropped:  # words that were left out one by one
        inner |= {index for index in range(piece.first_word, piece.after_word) if index not in number}
    assert price(sorted(inner - {0})) == pytest.approx(best, rel=1e-9, abs=1e-6)


@given(recording=recordings(max_words=25), chosen=chosen_settings, is_spaced=st.booleans())
def test_what_no_segment_may_ever_do(recording, chosen, is_spaced):
    words, stars, number, n_frames = recording
    segments, dropped = cut_words(words, stars, n_frames, chosen, number=number, is_spaced=is_spaced)
    pieces = sorted([*segments, *dropped], key=lambda piece: piece.first_word)
    covered = [index for piece in pieces for index in range(piece.first_word, piece.after_word)]
    assert covered == [index for index, frames in enumerate(words) if frames]  # each heard word once, no skipped one
    for piece in pieces:
        inside = words[piece.first_word : piece.after_word]
        assert piece.start <= inside[0][0] * FRAME + 1e-9 and piece.end >= inside[-1][1] * FRAME - 1e-9
        assert 0 <= piece.start and piece.end <= n_frames * FRAME + 1e-9
        for first, after, _ in stars:
            assert piece.end <= first * FRAME + 1e-9 or piece.start >= after * FRAME - 1e-9
    for before, piece in itertools.pairwise(pieces):
        assert before.end <= piece.start + 1e-9
    broken = {index for _, _, index in stars} | {index + 1 for index, frames in enumerate(words) if not frames}
    for piece in segments:
        assert chosen.min_seconds - 1e-6 <= piece.end - piece.start <= chosen.max_seconds + 1e-6
        assert piece.first_word not in number or piece.first_word in broken
        assert not piece.reason
    assert all(piece.reason for piece in dropped)


@given(recording=recordings(max_words=30))
def test_silence_at_the_ends_is_at_most_half_of_the_gap_and_at_most_what_was_asked(recording):
    words, stars, number, n_frames = recording
    segments, _ = cut_words(words, stars, n_frames, CutSettings(min_seconds=0.1), number=number)
    sounds = sorted([frames for frames in words if frames] + [star[:2] for star in stars])
    for piece in segments:
        first, after = words[piece.first_word][0], words[piece.after_word - 1][1]
        before = max((end for _, end in sounds if end <= first), default=-first)
        behind = min((start for start, _ in sounds if start >= after), default=2 * n_frames - after)
        assert first * FRAME - piece.start == pytest.approx(min(0.3, (first - before) * FRAME / 2))
        assert piece.end - after * FRAME == pytest.approx(min(0.3, (behind - after) * FRAME / 2))


def test_pauses_are_preferred_to_equal_lengths():
    words = [(at, at + 8) for at in range(0, 350, 10)]  # 14 s without a pause to speak of ...
    words = [(a + 20 * (a >= 220), b + 20 * (a >= 220)) for a, b in words]  # ... but for one of 0.88 s, at 8.7 s
    segments, dropped = cut_words(words)
    assert [(one.first_word, one.after_word) for one in segments] == [(0, 22), (22, 35)] and not dropped


def test_who_never_pauses_is_cut_between_words():
    segments, dropped = cut_words([(at, at + 10) for at in range(0, 1000, 10)])  # 40 s, gaps of nothing
    assert not dropped and len(segments) == 3
    assert all(one.end - one.start <= 15 for one in segments)


def test_a_word_longer_than_the_longest_segment_is_left_out_alone():
    segments, dropped = cut_words([(0, 100), (110, 600), (610, 700)])
    assert [(one.first_word, one.after_word) for one in segments] == [(0, 1), (2, 3)]
    assert [(one.first_word, one.reason) for one in dropped] == [(1, "no cut makes it fit into 15 s")]


def test_a_stretch_that_is_too_short_is_left_out_with_its_reason():
    segments, dropped = cut_words([(0, 100), None, (200, 204), None, (300, 400)])
    assert [one.first_word for one in segments] == [0, 4]
    assert [(one.first_word, one.after_word, one.reason) for one in dropped] == [(2, 3, "shorter than 1 s")]


def test_a_star_ends_a_segment_without_being_touched():
    segments, _ = cut_words([(10, 50), (60, 100), (200, 250)], stars=[(104, 190, 2)], n_frames=260)
    assert segments == [Segment(0, 2, pytest.approx(0.1), pytest.approx(102 * FRAME)),
                        Segment(2, 3, pytest.approx(195 * FRAME), pytest.approx(250 * FRAME + 0.3))]  # fmt: skip


def test_a_number_is_cut_only_where_its_words_were_torn_apart():
    words = [(at, at + 90) for at in range(0, 800, 100)]
    segments, _ = cut_words(words, number=[1, 2, 3], chosen=CutSettings(target_seconds=4))
    assert not {one.first_word for one in segments} & {1, 2, 3} and len(segments) > 1
    words[2] = None
    assert 3 in {one.first_word for one in cut_words(words, number=[1, 2, 3])[0]}


def test_silence_inside_a_star_belongs_to_its_neighbours():
    is_silent = np.ones(20, bool)
    is_silent[[8, 11]] = False
    assert audible([(5, 16, 3), (16, 20, 4)], is_silent) == [(8, 12, 3)]


def test_nothing_heard_is_nothing_cut():
    assert cut_words([None, None], stars=[(0, 50, 2)]) == ([], [])
    nothing = SpelledText("", [], [], np.zeros(0, np.int32), np.zeros(1, np.int32), Counter())
    path = AlignedPath(np.zeros(0, np.int32), np.zeros(0, np.int32), 0.0)
    assert cut(AlignedRecording(nothing, np.zeros((9, 1)), path, FRAME), CutSettings()) == ([], [])


def test_the_frames_of_words_leave_their_spaces_out():
    first, after = aligned([(3, 9), None, (20, 25)]).word_steps
    assert first.tolist() == [3, -1, 20] and after.tolist() == [9, -1, 25]


def test_of_ten_hours_the_mean_length_is_near_the_target_and_cuts_are_in_pauses():
    draw = np.random.default_rng(1)
    n = 90_000  # words; gaps as people leave them: a pause after every fifth word or so
    gaps = np.where(draw.random(n) < 0.2, draw.gamma(4, 4, n), draw.integers(0, 4, n)).astype(int)
    lengths = draw.integers(4, 14, n)
    first = np.cumsum(gaps + lengths) - lengths
    words = list(zip(first.tolist(), (first + lengths).tolist(), strict=True))
    recording = aligned(words)
    assert recording.transcript.joins.sum() == 0
    segments, dropped = cut(recording, CutSettings())
    assert not dropped
    assert np.mean([one.end - one.start for one in segments]) == pytest.approx(7, abs=0.7)
    inner = gaps[[one.first_word for one in segments[1:]]] * FRAME
    assert (inner >= 0.15).mean() > 0.99 and np.median(inner) > 0.5


@pytest.mark.parametrize("lengths", [(0, 15, 7), (8, 15, 7), (1, 15, 16)])
def test_lengths_that_contradict_each_other_are_refused(lengths):
    with pytest.raises(UsageError, match="a contradiction|`min_seconds` is `0"):
        CutSettings(*lengths)


def test_every_setting_has_a_meaning():
    assert all(one.meaning for one in declared(CutSettings).values())
