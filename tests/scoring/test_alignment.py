"""Paths against the recurrence as a person writes it, and against the counts."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ds2cli.scoring.edits.alignment as alignment
import ds2cli.scoring.edits.distance as distance
from ds2cli.scoring.edits.alignment import align_tokens
from ds2cli.scoring.edits.distance import CORRECT, DELETED, INSERTED, LEVENSHTEIN, SCLITE, SUBSTITUTED
from ds2cli.scoring.edits.sequences import TokenIds

sentences = st.lists(st.sampled_from("abc"), max_size=9)
pairs = st.lists(st.tuples(sentences, sentences), min_size=1, max_size=6)


def path_by_hand(reference, hypothesis, costs) -> list[int]:
    """The table filled cell by cell, walked back by sclite's order: diagonal, insertion, deletion."""
    best = {}
    for i in range(len(reference) + 1):
        for j in range(len(hypothesis) + 1):
            ways = [costs.gap * (i + j)] if i == 0 or j == 0 else []
            if i and j:
                ways.append(best[i - 1, j - 1] + costs.sub * (reference[i - 1] != hypothesis[j - 1]))
                ways += [best[i - 1, j] + costs.gap, best[i, j - 1] + costs.gap]
            best[i, j] = min(ways)
    i, j = len(reference), len(hypothesis)
    path = []
    while i or j:
        differ = i and j and reference[i - 1] != hypothesis[j - 1]
        if i and j and best[i, j] == best[i - 1, j - 1] + costs.sub * differ:
            path.append(SUBSTITUTED if differ else CORRECT)
        elif j and best[i, j] == best[i, j - 1] + costs.gap:
            path.append(INSERTED)
        else:
            path.append(DELETED)
        i -= path[-1] != INSERTED
        j -= path[-1] != DELETED
    return path[::-1]


@pytest.mark.parametrize("costs", [SCLITE, LEVENSHTEIN])
@given(pairs)
def test_paths_are_those_of_the_table(costs, some_pairs):
    found = align_tokens([r for r, _ in some_pairs], [h for _, h in some_pairs], costs)
    for (reference, hypothesis), path in zip(some_pairs, found, strict=True):
        assert [kind for kind, _, _ in path] == path_by_hand(reference, hypothesis, costs)
        assert [said for _, said, _ in path if said is not None] == reference
        assert [understood for _, _, understood in path if understood is not None] == hypothesis


def garbled(rng, words, errors):
    for word in words:
        draw = rng.random()
        if draw > errors:
            yield word
        elif draw > errors / 2:
            yield rng.choice("abcdef")
        elif draw > errors / 4:
            yield from (word, rng.choice("abcdef"))


@pytest.mark.parametrize("errors", [0.1, 0.8])
@pytest.mark.parametrize("cut", [0, 60])
@pytest.mark.parametrize("proven", [0, 1_000_000])
def test_bands_and_blocks_change_nothing(monkeypatch, errors, cut, proven):
    rng = random.Random(5)
    reference = [rng.choice("abcdef") for _ in range(150)]
    hypothesis = list(garbled(rng, reference, errors))
    hypothesis = hypothesis[:40] + hypothesis[40 + cut :]
    expected = path_by_hand(reference, hypothesis, SCLITE)
    monkeypatch.setattr(distance, "BAND_FROM", 50)
    monkeypatch.setattr(distance, "FIRST_BAND", 4)
    monkeypatch.setattr(distance, "PROVEN_UP_TO", proven)
    monkeypatch.setattr(alignment, "BLOCK_BYTES", 1)
    found = align_tokens([reference], [hypothesis])[0]
    assert [kind for kind, _, _ in found] == expected
    vocabulary = TokenIds()
    counts = distance.count_edits(vocabulary.encode([reference]), vocabulary.encode([hypothesis]))
    assert counts[0].tolist() == [expected.count(kind) for kind in range(4)]
