"""Entropy pruning: costs are the change in perplexity, models stay normalised, targets are met."""

import numpy as np
import pytest
from arpa_models import backoff_score
from model_checks import as_dicts, build, mass, novels, random_contexts

from ds2cli.errors import UsageError
from ds2cli.language.ngrams import NgramTables
from ds2cli.language.pruning import judge, prune_by_entropy, threshold_for


@pytest.fixture(scope="module")
def tables() -> NgramTables:
    return build(novels()[:60], 3)


def without(tables: NgramTables, row: int) -> NgramTables:
    """The model without one n-gram of the highest order, its context's back-off fitted by adding up."""
    n = tables.order
    context = tuple(tables.ngrams[-1][row, :-1].tolist())
    stays = np.arange(tables.counts[-1]) != row
    own = stays & (tables.ngrams[-1][:, :-1] == context).all(axis=1)
    left = 1 - np.power(10.0, tables.log10_probs[-1][own].astype(float)).sum()
    lower = [10 ** backoff_score(tables, context[1:], int(word)) for word in tables.ngrams[-1][own, -1]]
    backoffs = [values.copy() for values in tables.log10_backoffs]
    backoffs[-1][(tables.ngrams[-2] == context).all(axis=1)] = np.log10(left / (1 - sum(lower)))
    return NgramTables(tables.words, [*tables.ngrams[:-1], tables.ngrams[-1][stays]],
                       [*tables.log10_probs[:-1], tables.log10_probs[-1][stays]], backoffs) if n else tables


def history(tables: NgramTables, context: tuple[int, ...]) -> float:
    """P(context); <s> is as likely as </s>."""
    begin, end = tables.words.index("<s>"), tables.words.index("</s>")
    log10 = sum(backoff_score(tables, context[:i], word if word != begin else end) for i, word in enumerate(context))
    return 10**log10


@pytest.mark.parametrize("row", [0, 7, 100, 333, 700])
def test_a_cost_is_the_growth_of_perplexity_on_the_models_own_text(tables, row):
    judged = judge(tables)
    smaller = without(tables, row)
    context = tuple(tables.ngrams[-1][row, :-1].tolist())
    words = [word for word in range(len(tables.words)) if tables.words[word] != "<s>"]
    before = np.array([backoff_score(tables, context, word) for word in words]) * np.log(10)
    after = np.array([backoff_score(smaller, context, word) for word in words]) * np.log(10)
    divergence = history(tables, context) * float((np.exp(before) * (before - after)).sum())
    assert judged.costs[-1][row] == pytest.approx(np.expm1(divergence), rel=0.02, abs=1e-10)


@pytest.mark.parametrize("threshold", [1e-7, 1e-5, 1e-4, 1])
def test_every_context_of_a_pruned_model_sums_to_one(tables, threshold):
    smaller = prune_by_entropy(judge(tables), threshold)
    assert sum(smaller.counts) < sum(tables.counts) and smaller.counts[0] == tables.counts[0]
    for context in random_contexts(smaller, 5, seed=3) if smaller.order > 1 else [()]:
        assert mass(smaller, context) == pytest.approx(1, abs=1e-5)


def test_what_stays_keeps_its_probability_and_its_parts(tables):
    before, after = as_dicts(tables), as_dicts(prune_by_entropy(judge(tables), 1e-4))
    for n, grams in enumerate(after):
        for gram, (log10_prob, _) in grams.items():
            assert log10_prob == before[n][gram][0]
            assert n == 0 or (gram[1:] in after[n - 1] and gram[:-1] in after[n - 1])


def test_a_threshold_of_nothing_prunes_nothing(tables):
    assert as_dicts(prune_by_entropy(judge(tables), 0)) == as_dicts(tables)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.99])
def test_a_wanted_size_is_kept_to(tables, share):
    judged = judge(tables)
    wanted = int(share * sum(tables.counts))
    smaller = prune_by_entropy(judged, threshold_for(judged, wanted))
    assert 0.9 * wanted < sum(smaller.counts) <= wanted


def test_fewer_n_grams_than_words_are_refused(tables):
    with pytest.raises(UsageError, match="fewer than the model's"):
        threshold_for(judge(tables), 10)
