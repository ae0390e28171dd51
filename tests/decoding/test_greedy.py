"""Greedy decoding is the best path, collapsed, with the times of its runs."""

import itertools

import numpy as np
import pytest
from small_searches import UNITS, random_log_probs

from ds2cli.decoding.greedy import GreedyDecoder, best_path, greedy_decode


@pytest.mark.parametrize("seed", range(20))
def test_greedy_is_the_best_path_collapsed(seed):
    log_probs = random_log_probs(12, 4, seed)
    path = log_probs.argmax(1).tolist()
    runs = [(unit, len(list(run))) for unit, run in itertools.groupby(path)]
    hypothesis = greedy_decode(log_probs, UNITS)
    assert best_path(log_probs) == hypothesis.units.tolist() == [unit for unit, _ in runs if unit]
    assert hypothesis.total == pytest.approx(float(log_probs.max(1).sum()), abs=1e-4)
    found = zip(hypothesis.units, hypothesis.starts, hypothesis.ends, hypothesis.log_peaks, strict=True)
    for unit, start, end, peak in found:
        assert path[start:end] == [unit] * (end - start) and peak == log_probs[start:end, unit].max()
    assert [word.word for word in hypothesis.words(0.04)] == hypothesis.text.split()


@pytest.mark.parametrize("penalty", [-1.0, 0.7, 3.0])
def test_a_lowered_blank_wins_where_it_is_still_the_likeliest(penalty):
    log_probs = random_log_probs(40, 4, 1)
    lowered = log_probs - penalty * (np.arange(log_probs.shape[1]) == 0)
    decoder = GreedyDecoder(UNITS, blank_penalty=penalty)
    assert decoder.decode(log_probs)[0].units.tolist() == best_path(lowered) != best_path(log_probs)
    search = decoder.start()
    for piece in np.array_split(log_probs, 7):
        search.feed(piece)
    assert search.finish()[0].units.tolist() == best_path(lowered)


def test_nothing_said_is_an_empty_text():
    for log_probs in (np.zeros((0, 4), np.float32), np.log(np.array([[0.97, 0.01, 0.01, 0.01]] * 3, np.float32))):
        hypothesis = greedy_decode(log_probs, UNITS)
        assert hypothesis.text == "" and hypothesis.words(0.04) == []
