"""Counts of many pairs at once against the recurrence as a person writes it."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds2cli.scoring.edits.alignment import edit_paths
from ds2cli.scoring.edits.distance import LEVENSHTEIN, SCLITE, count_edits
from ds2cli.scoring.edits.sequences import TokenIds

sentences = st.lists(st.sampled_from("abc"), max_size=9)
pairs = st.lists(st.tuples(sentences, sentences), min_size=1, max_size=8)


def counts_by_hand(reference, hypothesis, costs) -> list[int]:
    """Correct, substitutions, deletions, insertions: the table filled cell by cell, walked back by sclite's order."""
    rows, columns = range(len(reference) + 1), range(len(hypothesis) + 1)
    best = {}
    for i in rows:
        for j in columns:
            ways = [costs.gap * (i + j)] if i == 0 or j == 0 else []
            if i and j:
                ways.append(best[i - 1, j - 1] + costs.sub * (reference[i - 1] != hypothesis[j - 1]))
                ways += [best[i - 1, j] + costs.gap, best[i, j - 1] + costs.gap]
            best[i, j] = min(ways)
    i, j = len(reference), len(hypothesis)
    counts = [0, 0, 0, 0]
    while i or j:
        differ = i and j and reference[i - 1] != hypothesis[j - 1]
        if i and j and best[i, j] == best[i - 1, j - 1] + costs.sub * differ:
            counts[1 if differ else 0] += 1
            i, j = i - 1, j - 1
        elif j and best[i, j] == best[i, j - 1] + costs.gap:
            counts[3] += 1
            j -= 1
        else:
            counts[2] += 1
            i -= 1
    return counts


def encode(some_pairs):
    vocabulary = TokenIds()
    return vocabulary.encode([r for r, _ in some_pairs]), vocabulary.encode([h for _, h in some_pairs])


@pytest.mark.parametrize("costs", [SCLITE, LEVENSHTEIN])
@given(pairs)
def test_a_bucket_counts_what_the_table_counts(costs, some_pairs):
    expected = [counts_by_hand(reference, hypothesis, costs) for reference, hypothesis in some_pairs]
    assert count_edits(*encode(some_pairs), costs).tolist() == expected


def test_buckets_of_many_lengths_count_what_the_table_counts():
    rng = random.Random(7)
    draw = lambda: [rng.choice("abcdefgh") for _ in range(rng.randrange(40))]  # noqa: E731
    some_pairs = [(draw(), draw()) for _ in range(200)]
    expected = [counts_by_hand(reference, hypothesis, SCLITE) for reference, hypothesis in some_pairs]
    assert count_edits(*encode(some_pairs)).tolist() == expected


@pytest.mark.parametrize("costs", [SCLITE, LEVENSHTEIN])
def test_long_pairs_in_bands_count_what_their_paths_count(costs):
    rng = random.Random(3)
    reference = [str(rng.randrange(50)) for _ in range(3000)]
    hypothesis = [word for word in reference if rng.random() > 0.05]
    for at in rng.sample(range(len(hypothesis)), 150):
        hypothesis[at] = "new"
    both = encode([(reference, hypothesis), (hypothesis, reference)])
    counted = count_edits(*both, costs).tolist()
    assert counted == [np.bincount(path, minlength=4).tolist() for path in edit_paths(*both, costs)]


@given(pairs)
def test_errors_are_no_fewer_than_the_levenshtein_distance(some_pairs):
    sclite = count_edits(*encode(some_pairs), SCLITE)[:, 1:].sum(1)
    assert (sclite >= count_edits(*encode(some_pairs), LEVENSHTEIN)[:, 1:].sum(1)).all()


def test_no_pairs_give_no_counts():
    assert count_edits(*encode([])).shape == (0, 4)
    assert count_edits(*encode([([], [])])).tolist() == [[0, 0, 0, 0]]
    assert np.array_equal(count_edits(*encode([(list("ab"), [])])), [[0, 0, 2, 0]])
