"""Several models as one: the weighted sum of their probabilities, as a single back-off model.

p(w|h) = sum_i lambda_i p_i(w|h) for every n-gram that one of the models lists; back-offs are fitted so that every
context sums to one. A model gives nothing to a word that it does not know, and <unk> is what no model knows; so the
sum stays one. Weights come from EM on text that no model has seen (Jelinek and Mercer 1980).

By context, each model counts in a context h as much as it expected h: lambda_i(h) ~ lambda_i p_i(h), the posterior of
the model after h (Weintraub et al. 1996, "Fast training and portability", CLSP Research Note 1, Johns Hopkins
University; SRILM's `-bayes`). A model of names then counts within names, and hardly elsewhere.
"""

from collections.abc import Sequence

import numpy as np

from ds2cli.language.combine.backoff import LOG10_ZERO, fit_backoffs
from ds2cli.language.combine.ngram_index import MISSING, NgramIndex, closed
from ds2cli.language.estimate.counting import count_ngrams
from ds2cli.language.ngrams import BEGIN, END, UNKNOWN, NgramTables

EM_STEPS = 200
EM_TOLERANCE = 1e-6


def mix(models: Sequence[NgramTables], weights: Sequence[float], by_context: bool = False) -> NgramTables:
    """One model over the union of the models' words and n-grams.

    by_context  weigh each model in each context by how likely it found the context, too
    """
    words = list(dict.fromkeys([UNKNOWN, BEGIN, END, *(word for model in models for word in model.words)]))
    number = {word: index for index, word in enumerate(words)}
    renamed = [_renamed(closed(model)[0], number, words) for model in models]
    union = _union(renamed, words)
    union, suffixes, contexts = closed(union)
    begin = union.ngrams[0][:, 0] == number[BEGIN]
    own = [_probs_of(model, union, suffixes) for model in renamed]
    for probs in own:
        probs[0][begin] = 1
    mixed = _weighted_by_context(own, weights, contexts) if by_context else _weighted(own, weights)
    backoffs = [fit_backoffs(mixed[n], mixed[n - 1][suffixes[n - 1]], contexts[n - 1], union.counts[n - 1])
                for n in range(1, union.order)]
    logs = [np.log10(np.maximum(p, 10**LOG10_ZERO)).astype(np.float32) for p in mixed]
    return NgramTables(words, union.ngrams, [np.minimum(log, 0) for log in logs], backoffs)


def _weighted(own: Sequence[list[np.ndarray]], weights: Sequence[float]) -> list[np.ndarray]:
    """sum_i lambda_i p_i(w|h), per order; `own` has p_i(w|h) of each model."""
    return [sum(weight * part for weight, part in zip(weights, probs, strict=True)) for probs in zip(*own, strict=True)]


def _weighted_by_context(own: Sequence[list[np.ndarray]], weights: Sequence[float],
                         contexts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """sum_i lambda_i(h) p_i(w|h), per order; the weights as they are where no model expected the context.

    own       p_i(w|h) of each n-gram, per model and order
    contexts  the row of each n-gram's h in the order below, per order from 2 on
    """
    orders = [np.stack(probs) for probs in zip(*own, strict=True)]  # (M, N) each
    prior = np.asarray(weights)[:, None]
    likelihoods = orders[0]  # of each n-gram as a whole, p_i(h w), under each model
    mixed = [(prior * orders[0]).sum(0)]
    for probs, context in zip(orders[1:], contexts, strict=True):
        shares = prior * likelihoods[:, context]
        total = shares.sum(0)
        shares = np.where(total > 0, shares / np.where(total > 0, total, 1), prior)
        mixed.append((shares * probs).sum(0))
        likelihoods = likelihoods[:, context] * probs
    return mixed


def fit_weights(probs: np.ndarray) -> np.ndarray:
    """The weights (M,) under which a text is likeliest, by expectation maximisation.

    probs  (M, T) what each model gives each token, or each sentence; what no model knows is not in it
    """
    weights = np.full(len(probs), 1 / len(probs))
    for _ in range(EM_STEPS):
        shares = weights[:, None] * probs
        updated = (shares / shares.sum(axis=0)).mean(axis=1)
        if np.abs(updated - weights).max() < EM_TOLERANCE:
            return updated
        weights = updated
    return weights


def _renamed(model: NgramTables, number: dict[str, int], words: list[str]) -> NgramTables:
    """The model with the union's word ids."""
    ids = np.array([number[word] for word in model.words], np.int32)
    return NgramTables(words, [ids[table] for table in model.ngrams], model.log10_probs, model.log10_backoffs)


def _union(models: Sequence[NgramTables], words: list[str]) -> NgramTables:
    """Every n-gram that one of the models lists, without probabilities; every word is a unigram."""
    ngrams = [np.arange(len(words), dtype=np.int32)[:, None]]
    for n in range(2, max(model.order for model in models) + 1):
        ids = np.concatenate([model.ngrams[n - 1] for model in models if model.order >= n])
        ngrams.append(np.column_stack(count_ngrams(list(ids.T[::-1]), len(words)).columns[::-1]))
    zeros = [np.zeros(len(table), np.float32) for table in ngrams]
    return NgramTables(words, ngrams, zeros, zeros[:-1])


def _probs_of(model: NgramTables, union: NgramTables, suffixes: list[np.ndarray]) -> list[np.ndarray]:
    """p_i(w|h) of every n-gram of the union under one model, backing off where it does not list it; float64."""
    index = NgramIndex(model)
    found: list[np.ndarray] = []
    for n, ids in enumerate(union.ngrams, 1):
        listed = index.rows(ids) if n <= model.order else np.full(len(ids), MISSING)
        if n == 1:
            lower = np.zeros(len(ids))
        else:
            lower = found[-1][suffixes[n - 2]]
            if n <= model.order:
                context = index.rows(ids[:, :-1])
                log10_backoff = model.log10_backoffs[n - 2][np.maximum(context, 0)]
                lower = lower * np.where(context == MISSING, 1, np.power(10.0, log10_backoff.astype(np.float64)))
        probs = lower.copy()
        if n <= model.order:
            known = listed != MISSING
            probs[known] = np.power(10.0, model.log10_probs[n - 1][listed[known]].astype(np.float64))
        found.append(probs)
    return found
