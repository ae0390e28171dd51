"""Anchors are where text and recording agree, in order, and cuts lie at words within them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken import speak, write

from ds2cli.alignment.anchors import _longest_increasing, _shared, find_anchors, find_cuts
from ds2cli.alignment.path import greedy_path


@pytest.mark.parametrize("error", [0.0, 0.15, 0.3, 0.45, 0.6])
def test_anchors_are_where_the_labels_are_said(error):
    labels, starts = write(12_000, seed=1)
    log_probs, frames = speak(labels, error, seed=2)
    anchors = find_anchors(greedy_path(log_probs), labels)
    known = anchors >= 0
    assert (np.diff(anchors[known]) > 0).all()
    assert (np.abs(anchors - frames)[known] > 3).sum() <= 5
    for frame, word in find_cuts(anchors, labels, starts):
        assert abs(frame - frames[starts[word]]) <= 3


def test_without_anything_in_common_there_are_no_anchors():
    labels, starts = write(3000, seed=3)
    other, _ = write(3000, seed=4)
    anchors = find_anchors(greedy_path(speak(other, 0.1, seed=5)[0]), labels)
    assert (anchors < 0).mean() > 0.99
    assert find_cuts(anchors, labels, starts) == []


@given(st.lists(st.integers(0, 8), max_size=12))
def test_the_chain_is_a_longest_increasing_one(values):
    chain = _longest_increasing(np.array(values, np.int64))
    picked = [values[i] for i in chain]
    assert picked == sorted(set(picked)) and list(chain) == sorted(chain)
    best = [1] * len(values)
    for i in range(len(values)):
        best[i] += max((best[j] for j in range(i) if values[j] < values[i]), default=0)
    assert len(picked) == max(best, default=0)


@given(st.lists(st.integers(1, 3), max_size=40), st.lists(st.integers(1, 3), max_size=40), st.integers(2, 4))
def test_shared_passages_are_those_that_counting_finds(text, sounds, size):
    def once(labels):
        grams = [tuple(labels[i : i + size]) for i in range(len(labels) - size + 1)]
        return {gram: i for i, gram in enumerate(grams) if grams.count(gram) == 1}

    in_text, in_sounds = once(text), once(sounds)
    expected = sorted((in_sounds[gram], in_text[gram]) for gram in in_text.keys() & in_sounds.keys())
    found = _shared(np.array(text, np.int64), np.array(sounds, np.int64), size)
    assert list(zip(found[1].tolist(), found[0].tolist(), strict=True)) == expected


@pytest.mark.parametrize("n_labels", [0, 1, 11, 12, 13])
def test_short_texts_are_no_trouble(n_labels):
    labels = (1 + np.arange(n_labels) % 20).astype(np.int32)
    anchors = find_anchors(greedy_path(speak(labels, 0.0, seed=6)[0]), labels)
    assert len(anchors) == n_labels
    assert find_cuts(anchors, labels, np.arange(n_labels + 1)) == []
