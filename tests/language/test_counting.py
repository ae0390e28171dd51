"""Sorted and packed, n-grams are counted as a Counter counts them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.language.estimate.counting import END_ID, count_ngrams, histories, ranges_of


@pytest.mark.parametrize("n_words", [3, 1 << 10, 1 << 17, 1 << 22, (1 << 31) - 1])
@pytest.mark.parametrize("order", [1, 2, 3, 5, 6])
def test_counts_are_a_counters_whatever_the_width_of_ids(n_words, order):
    generator = np.random.default_rng(order)
    few = generator.integers(0, n_words, size=4)
    columns = [few[generator.integers(0, 4, size=500)].astype(np.int32) for _ in range(order)]
    expected = Counter(zip(*(column.tolist() for column in columns), strict=True))
    counted = count_ngrams(columns, n_words)
    rows = list(zip(*(column.tolist() for column in counted.columns), strict=True))
    assert rows == sorted(expected)
    assert counted.counts.tolist() == [expected[row] for row in rows]
    again = count_ngrams([np.tile(column, 2) for column in counted.columns], n_words, np.tile(counted.counts, 2))
    assert again.counts.tolist() == (2 * counted.counts).tolist()


def test_histories_stop_at_the_beginning_of_a_sentence():
    columns = histories(np.array([5, 6, END_ID, END_ID, 7, END_ID], np.int32), 3)
    rows = [tuple(int(column[i]) for column in reversed(columns)) for i in range(6)]
    assert rows == [(1, 1, 5), (1, 5, 6), (5, 6, 2), (1, 1, 2), (1, 1, 7), (1, 7, 2)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 30))
def test_ranges_cover_all_bins_and_hold_what_fits_or_a_single_bin(sizes, rows):
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    ranges = list(ranges_of(bounds, rows))
    assert [first for first, _ in ranges] == [0, *(last for _, last in ranges[:-1])] and ranges[-1][1] == len(sizes)
    assert all(bounds[last] - bounds[first] <= rows or last == first + 1 for first, last in ranges)
