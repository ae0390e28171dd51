"""Intervals against draws made one by one, and a comparison that is the same from both sides."""

import numpy as np
import pytest

from ds2cli.scoring.edits.alignment import align_tokens
from ds2cli.scoring.significance import bootstrap, clusters, matched_pairs, segment_errors


def some_counts(seed: int, n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, 20, n)
    return np.stack([rng.binomial(tokens, 0.15), tokens], 1)


def test_the_interval_is_that_of_utterances_drawn_one_by_one():
    counts = some_counts(1)
    rng = np.random.default_rng(2)
    drawn = [counts[rng.integers(0, len(counts), len(counts))].sum(0) for _ in range(4000)]
    expected = np.percentile([100 * errors / tokens for errors, tokens in drawn], (2.5, 97.5))
    found = bootstrap([counts], clusters(None, len(counts)), 4000, seed=3)[0].interval
    assert found == pytest.approx(expected, abs=0.15)


def test_speakers_drawn_together_are_less_sure():
    counts = some_counts(1, 400)
    counts[:200, 0] += 1  # half of the speakers are worse
    labels = [str(n // 40) for n in range(400)]
    alone = bootstrap([counts], clusters(None, 400), 2000, seed=1)[0].interval
    together = bootstrap([counts], clusters(labels, 400), 2000, seed=1)[0].interval
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_the_same_seed_draws_the_same():
    rates = [bootstrap([some_counts(1)], clusters(None, 300), 50, seed=7)[0].rates for _ in range(2)]
    assert np.array_equal(*rates)


@pytest.mark.parametrize("counts", [np.zeros((0, 2), int), np.array([[1, 2]]), np.array([[1, 0], [0, 0]])])
def test_too_little_to_draw_from_gives_no_interval(counts):
    assert bootstrap([counts], clusters(None, len(counts)), 100, seed=1)[0].interval is None


def test_two_systems_are_drawn_together():
    counts = some_counts(1)
    first, second = bootstrap([counts, counts], clusters(None, len(counts)), 100, seed=1)
    assert np.array_equal(first.rates, second.rates)


def test_segments_end_after_two_words_that_both_have_right():
    reference = "a b c d e f g h".split()
    a = align_tokens([reference], ["a x c d e f g h i".split()])[0]
    b = align_tokens([reference], ["a b c d e f y h".split()])[0]
    assert segment_errors(a, b) == [(1, 0), (1, 1)]
    assert segment_errors(b, a) == [(0, 1), (1, 1)]
    assert segment_errors(a, a) == [(1, 1), (1, 1)]
    assert segment_errors([], []) == []


def test_swapping_the_systems_turns_the_sign():
    rng = np.random.default_rng(5)
    segments = [tuple(pair) for pair in rng.integers(0, 4, (200, 2)).tolist()]
    there, back = matched_pairs(segments), matched_pairs([(b, a) for a, b in segments])
    assert there.z == pytest.approx(-back.z) and there.p == pytest.approx(back.p)


@pytest.mark.parametrize("segments", [[], [(1, 0)], [(1, 1), (2, 2)]])
def test_segments_that_never_differ_say_nothing(segments):
    assert matched_pairs(segments) is None
