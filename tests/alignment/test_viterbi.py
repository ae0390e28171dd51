"""The aligner's kernel finds what going through every path finds, and equals the reference."""

import numpy as np
import pytest
from every_path import best_score, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.alignment import reference
from ds2cli.alignment.path import PLAIN, GreedyPath, Prices, greedy_path, path_score
from ds2cli.alignment.viterbi import viterbi_path
from ds2cli.errors import TextError

NO_MEMORY = 0  # checkpoints however small the problem


def score_or_never(*problem, **options) -> float:
    try:
        return viterbi_path(*problem, **options).score
    except TextError:
        return -np.inf


@pytest.mark.parametrize("seed", range(300))
def test_the_best_path_is_the_best_of_all_paths(seed):
    problem = random_problem(seed)
    assert score_or_never(*problem) == pytest.approx(best_score(*problem), abs=1e-4)


@pytest.mark.parametrize("steps", [2, 3])
@pytest.mark.parametrize("seed", range(60))
def test_in_steps_of_a_part_of_a_frame_too(seed, steps):
    problem = random_problem(seed, most_frames=6 // steps, most_words=3)
    assert score_or_never(*problem, steps=steps) == pytest.approx(best_score(*problem, steps), abs=1e-4)


@pytest.mark.parametrize("steps", [2, 3])
@pytest.mark.parametrize("seed", range(20))
def test_steps_are_frames_that_are_given_again_at_a_part_of_their_weight(seed, steps):
    log_probs, labels, word_starts, prices = random_problem(seed, most_frames=40, most_words=12)
    again = np.repeat(log_probs, steps, 0)
    dear = Prices(*(steps * price for price in (prices.star_open, prices.star_label, prices.skip_open,
                                                prices.skip_label)))
    heard = greedy_path(log_probs)
    often = GreedyPath(*(np.repeat(one, steps) for one in (heard.units, heard.best, heard.new)))
    try:
        path = viterbi_path(log_probs, labels, word_starts, prices, steps=steps)
    except TextError:
        return
    # A star's price for a label counts once in each step of the frame, so `dear` counts it as often for its part.
    other = viterbi_path(again, labels, word_starts, Prices(dear.star_open, prices.star_label, dear.skip_open,
                                                         dear.skip_label), often)
    assert path.score == pytest.approx(other.score / steps, abs=1e-4)


def test_two_labels_share_a_frame_where_speech_is_fast_and_have_their_own_where_it_is_not():
    fast = np.full((3, 4), -9.0, np.float32)
    fast[[0, 1, 2], [1, 2, 2]] = -0.01
    fast[1, 3] = -0.7
    text = [1, 2, 3, 2]  # the third in the second half of the second frame
    with pytest.raises(TextError, match="4 labels does not fit into 3 frames: CTC needs 4"):
        viterbi_path(fast, text, [0, 4])
    path = viterbi_path(fast, text, [0, 4], steps=2)
    assert (path.starts // 2).tolist() == [0, 1, 1, 2] and path.score > viterbi_path(fast, text[:3], [0, 3]).score - 6
    slow = np.full((9, 4), -9.0, np.float32)
    slow[:, 0] = slow[[1, 4, 7], [1, 2, 3]] = -0.01
    slow[[1, 4, 7], 0] = -9.0
    whole, half = (viterbi_path(slow, [1, 2, 3], [0, 3], steps=steps) for steps in (1, 2))
    assert (2 * whole.starts == half.starts).all() and half.score == pytest.approx(whole.score, abs=1e-4)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000), steps=st.integers(1, 3))
def test_the_kernel_equals_the_reference(seed, steps):
    log_probs, labels, word_starts, prices = random_problem(seed, most_frames=25, most_words=8)
    score, states = reference.reference_path(log_probs, labels.tolist(), word_starts.tolist(), prices, steps)
    if score == -np.inf:
        with pytest.raises(TextError):
            viterbi_path(log_probs, labels, word_starts, prices, steps=steps)
        return
    path = viterbi_path(log_probs, labels, word_starts, prices, steps=steps)
    assert path.score == pytest.approx(score, abs=1e-4)
    starts, ends, stars = reference.to_spans(states, len(labels))
    heard = greedy_path(log_probs)
    given_by_person = path_score(log_probs, heard, labels, word_starts, prices, np.array(starts, np.int32),
                                 np.array(ends, np.int32), stars, steps)
    assert given_by_person == pytest.approx(score, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_checkpoints_change_nothing(seed):
    log_probs, labels, word_starts, prices = random_problem(seed, most_frames=600, most_words=200, units=6)
    problem = log_probs, labels, word_starts, prices
    for steps in (1, 2):
        whole = score_or_never(*problem, steps=steps)
        assert score_or_never(*problem, steps=steps, memory=NO_MEMORY) == pytest.approx(whole, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1_000_000))
def test_a_path_is_in_order_and_leaves_out_whole_words(seed):
    log_probs, labels, word_starts, prices = random_problem(seed, most_frames=60, most_words=20)
    try:
        path = viterbi_path(log_probs, labels, word_starts, prices)
    except TextError:
        return
    timed = path.starts >= 0
    assert (timed == (path.ends >= 0)).all()
    assert (path.starts[timed] < path.ends[timed]).all()
    assert (path.starts[timed][1:] >= path.ends[timed][:-1]).all()
    for first, after in zip(word_starts, word_starts[1:], strict=False):
        assert timed[first:after].all() or not timed[first:after].any()
    held = np.zeros(len(log_probs), int)
    for first, after in [*zip(path.starts[timed], path.ends[timed], strict=True), *(star[:2] for star in path.stars)]:
        held[first:after] += 1
    assert held.max(initial=0) <= 1


@pytest.mark.parametrize("seed", range(30))
def test_no_random_change_of_the_path_scores_higher(seed):
    generator = np.random.default_rng(seed)
    log_probs, labels, word_starts, _ = random_problem(seed, most_frames=80, most_words=8)
    heard, prices = greedy_path(log_probs), Prices(2.0, 0.5, 2.0, 0.5)
    path = viterbi_path(log_probs, labels, word_starts, prices)
    for _ in range(200):
        starts, ends = path.starts.copy(), path.ends.copy()
        if not (starts >= 0).any():
            return
        j = generator.choice(np.flatnonzero(starts >= 0))
        starts[j] += generator.integers(-2, 3)
        ends[j] = max(ends[j] + generator.integers(-2, 3), starts[j] + 1)
        before, behind = starts[:j][starts[:j] >= 0], starts[j + 1 :][starts[j + 1 :] >= 0]
        free = np.ones(len(log_probs) + 1, bool)
        for first, after, _ in path.stars:
            free[first:after] = False
        lowest = ends[:j][starts[:j] >= 0].max(initial=0) + (len(before) > 0)
        highest = behind.min(initial=len(log_probs)) - (len(behind) > 0)
        if starts[j] < lowest or ends[j] > highest or not free[starts[j] : ends[j]].all():
            continue
        changed = path_score(log_probs, heard, labels, word_starts, prices, starts, ends, path.stars)
        assert changed <= path.score + 1e-4


def test_a_swapped_word_becomes_a_star_and_a_skip():
    said, text = [1, 2, 3, 1, 2, 2, 1, 3, 1], [1, 2, 3, 3, 2, 1, 1, 3, 1]
    log_probs = np.full((2 * len(said), 4), -8.0, np.float32)
    log_probs[::2, 0] = log_probs[1 + 2 * np.arange(len(said)), said] = -0.01
    path = viterbi_path(log_probs, text, [0, 3, 6, 9], Prices(1.0, 0.5, 1.0, 0.5))
    assert path.starts.tolist() == [1, 3, 5, -1, -1, -1, 13, 15, 17]
    [(first, after, word)] = path.stars
    assert word in (1, 2) and 6 <= first <= 7 and 12 <= after <= 13


def test_a_text_that_does_not_fit_is_refused_with_the_frames_that_it_needs():
    with pytest.raises(TextError, match="3 labels does not fit into 4 frames: CTC needs 5"):
        viterbi_path(np.zeros((4, 3), np.float32), [1, 1, 1], [0, 3])


def test_impossible_units_are_refused_not_chosen():
    log_probs = np.zeros((4, 3), np.float32)
    log_probs[:, 1] = -np.inf
    with pytest.raises(TextError):
        viterbi_path(log_probs, [1, 2], [0, 2])
    assert viterbi_path(log_probs, [1, 2], [0, 1, 2], Prices(1, 1, 1, 1)).starts.tolist()[0] == -1


@pytest.mark.parametrize("prices", [PLAIN, Prices(1.0, 1.0, 1.0, 1.0)])
def test_the_smallest_problems_have_an_answer(prices):
    one = np.log(np.full((1, 3), 1 / 3, np.float32))
    nothing = np.zeros(0, np.int32)
    assert viterbi_path(one, [2], [0, 1], prices).starts.tolist() == [0]
    assert viterbi_path(one, nothing, [0], prices).score == pytest.approx(np.log(1 / 3))
    assert viterbi_path(one[:0], nothing, [0], prices).score == 0.0
    assert viterbi_path(np.repeat(one, 70, 0), nothing, [0], prices, memory=NO_MEMORY).starts.size == 0
