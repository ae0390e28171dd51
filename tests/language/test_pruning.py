"""Entropy pruning: costs are the change in perplexity, models stay normalised, targets are met."""

import numpy as np
import pytest
from arpa_models import backoff_score
from model_checks import as_dicts, build, masses, novels, random_contexts, random_lines

from ds2cli.errors import UsageError
from ds2cli.language.combine.context_frequencies import context_shares
from ds2cli.language.combine.ngram_index import closed
from ds2cli.language.combine.pruning import prune_by_entropy, pruning_costs, threshold_for
from ds2cli.language.ngrams import NgramTables


@pytest.fixture(scope="module")
def tables() -> NgramTables:
    return build(novels()[:60], 3)


def without(tables: NgramTables, row: int) -> NgramTables:
    """The model without one n-gram of the highest order, its context's back-off fitted by adding up."""
    context = tuple(tables.ngrams[-1][row, :-1].tolist())
    stays = np.arange(tables.counts[-1]) != row
    own = stays & (tables.ngrams[-1][:, :-1] == context).all(axis=1)
    left = 1 - np.power(10.0, tables.log10_probs[-1][own].astype(float)).sum()
    lower = [10 ** backoff_score(tables, context[1:], int(word)) for word in tables.ngrams[-1][own, -1]]
    backoffs = [values.copy() for values in tables.log10_backoffs]
    backoffs[-1][(tables.ngrams[-2] == context).all(axis=1)] = np.log10(left / (1 - sum(lower)))
    return NgramTables(tables.words, [*tables.ngrams[:-1], tables.ngrams[-1][stays]],
                       [*tables.log10_probs[:-1], tables.log10_probs[-1][stays]], backoffs)


def stationary(tables: NgramTables, rounds: int = 40) -> dict[tuple[int, ...], float]:
    """How often each history of two words is met, by walking from history to history; sentences end in <s>."""
    begin, end = tables.words.index("<s>"), tables.words.index("</s>")
    words = [word for word in range(len(tables.words)) if word != begin]
    met, said = {(begin,): 1.0}, {}
    for _ in range(rounds):
        following: dict[tuple[int, ...], float] = {}
        for context, share in met.items():
            if context not in said:
                said[context] = [10 ** backoff_score(tables, context, word) for word in words]
            for word, p in zip(words, said[context], strict=True):
                to = (begin,) if word == end else (*context, word)[-2:]
                following[to] = following.get(to, 0) + share * p
        # Half a step: sentences of like length would make the walk swing for ever.
        met = {to: (following.get(to, 0) + met.get(to, 0)) / 2 for to in {*met, *following}}
    return met


@pytest.fixture(scope="module")
def walked():
    small = build(["w0 w1 w2", *random_lines(1, n_lines=30, n_words=5)], 3)
    return small, stationary(small)


def test_contexts_are_met_as_often_as_a_walk_through_the_model_meets_them(walked):
    tables, met = walked
    tables, suffixes, contexts = closed(tables)
    probs = [np.power(10.0, logs.astype(float)) for logs in tables.log10_probs]
    shares = context_shares(tables, probs, suffixes, contexts)
    end = tables.words.index("</s>")
    for ids, share in zip(tables.ngrams, shares, strict=False):
        for gram, ours in zip(map(tuple, ids.tolist()), share, strict=True):
            walk = sum(p for context, p in met.items() if context[-len(gram) :] == gram and gram[-1] != end)
            assert ours == pytest.approx(walk, abs=2e-4), gram


@pytest.mark.parametrize("row", range(0, 40, 3))
def test_a_cost_is_the_growth_of_perplexity_on_the_models_own_text(walked, row):
    tables, met = walked
    costed = pruning_costs(tables)
    smaller = without(tables, row)
    context = tuple(tables.ngrams[-1][row, :-1].tolist())
    words = [word for word in range(len(tables.words)) if tables.words[word] != "<s>"]
    before = np.array([backoff_score(tables, context, word) for word in words]) * np.log(10)
    after = np.array([backoff_score(smaller, context, word) for word in words]) * np.log(10)
    divergence = met.get(context, 0) * float((np.exp(before) * (before - after)).sum())
    assert costed.costs[-1][row] == pytest.approx(np.expm1(divergence), rel=0.03, abs=1e-7)


@pytest.mark.parametrize("threshold", [1e-7, 1e-5, 1e-4, 1])
def test_every_context_of_a_pruned_model_sums_to_one(tables, threshold):
    smaller = prune_by_entropy(pruning_costs(tables), threshold)
    assert sum(smaller.counts) < sum(tables.counts) and smaller.counts[0] == tables.counts[0]
    contexts = random_contexts(smaller, 5, seed=3) if smaller.order > 1 else [()]
    assert masses(smaller, contexts) == pytest.approx([1] * len(contexts), abs=1e-5)


def test_what_stays_keeps_its_probability_and_its_parts(tables):
    before, after = as_dicts(tables), as_dicts(prune_by_entropy(pruning_costs(tables), 1e-4))
    for n, grams in enumerate(after):
        for gram, (log10_prob, _) in grams.items():
            assert log10_prob == before[n][gram][0]
            assert n == 0 or (gram[1:] in after[n - 1] and gram[:-1] in after[n - 1])


def test_a_threshold_of_nothing_prunes_nothing(tables):
    assert as_dicts(prune_by_entropy(pruning_costs(tables), 0)) == as_dicts(tables)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.99])
def test_a_wanted_size_is_kept_to(tables, share):
    costed = pruning_costs(tables)
    wanted = int(share * sum(tables.counts))
    smaller = prune_by_entropy(costed, threshold_for(costed, wanted))
    assert 0.9 * wanted < sum(smaller.counts) <= wanted


def test_fewer_n_grams_than_words_are_refused(tables):
    with pytest.raises(UsageError, match="fewer than the model's"):
        threshold_for(pruning_costs(tables), 10)
