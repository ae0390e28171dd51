"""Smaller models: n-grams are left out where the model hardly changes without them.

Stolcke 1998, "Entropy-based Pruning of Backoff Language Models": leaving out w after h makes the model's perplexity on
its own text grow by a factor exp(D), where

    D = -P(h) { p(w|h) [log p(w|h') + log a'(h) - log p(w|h)] + left(h) [log a'(h) - log a(h)] }

with h' the context without its first word, a the back-off weight, a' the weight without w, left(h) the probability of
the words not listed after h. N-grams are judged one by one. Departure: context and suffix of a kept n-gram are kept
too, because readers such as KenLM need them. And P(h) is not multiplied up from the lower orders, which in Kneser-Ney
models mislead (Chelba et al. 2010, "Study on Interaction between Entropy Pruning and Kneser-Ney Smoothing"): it is how
often the model itself comes to h. On 5 million n-grams cut to 560,000 that is a perplexity of 275 instead of 286.
"""

from dataclasses import dataclass

import numpy as np

from ds2cli import hints
from ds2cli.errors import UsageError
from ds2cli.language.combine.backoff import explicit_mass, fit_backoffs
from ds2cli.language.combine.context_frequencies import context_shares
from ds2cli.language.combine.ngram_index import closed
from ds2cli.language.ngrams import NgramTables

BISECTIONS = 40


@dataclass(frozen=True)
class PruningCosts:
    """A model and what each n-gram above order 1 is worth.

    costs     per order from 2 on: relative growth of perplexity without the n-gram, exp(D) - 1
    suffixes, contexts  per order from 2 on: rows of the parts in the order below
    """

    tables: NgramTables
    costs: list[np.ndarray]
    suffixes: list[np.ndarray]
    contexts: list[np.ndarray]

    def kept(self, threshold: float) -> list[np.ndarray]:
        """Per order from 2 on, which n-grams stay: those worth the threshold, and the parts of those that stay."""
        keep = [cost >= threshold for cost in self.costs]
        for n in range(len(keep) - 1, 0, -1):
            for parts in (self.suffixes[n], self.contexts[n]):
                keep[n - 1][parts[keep[n]]] = True
        return keep


def pruning_costs(tables: NgramTables) -> PruningCosts:
    """What each n-gram of a model is worth."""
    tables, suffixes, contexts = closed(tables)
    probs = [np.power(10.0, logs.astype(np.float64)) for logs in tables.log10_probs]
    shares = context_shares(tables, probs, suffixes, contexts) if tables.order > 1 else []
    costs = []
    for n in range(1, tables.order):
        log_backoff = tables.log10_backoffs[n - 1].astype(np.float64) * np.log(10)
        costs.append(_costs(probs[n], probs[n - 1][suffixes[n - 1]], contexts[n - 1], log_backoff, shares[n - 1]))
    return PruningCosts(tables, costs, suffixes, contexts)


def prune_by_entropy(costs: PruningCosts, threshold: float) -> NgramTables:
    """The model without the n-grams whose loss makes its perplexity grow by less than a share of `threshold`."""
    return _take(costs, costs.kept(threshold))


def threshold_for(costs: PruningCosts, n_ngrams: int) -> float:
    """The smallest threshold that leaves at most so many n-grams, unigrams included.

    raises  UsageError where the unigrams alone are more
    """
    unigrams = costs.tables.counts[0]
    if n_ngrams < unigrams:
        raise UsageError(f"{n_ngrams:,} n-grams are fewer than the model's {unigrams:,} words",
                         hint=hints.FEWER_WORDS)

    def size(threshold: float) -> int:
        return unigrams + sum(int(np.count_nonzero(kept)) for kept in costs.kept(threshold))

    if size(0.0) <= n_ngrams:
        return 0.0
    low, high = -40.0, 1.0  # log10 of the threshold
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if size(10**middle) <= n_ngrams else (middle, high)
    return float(10**high)


def _costs(probs: np.ndarray, lower: np.ndarray, contexts: np.ndarray, log_backoff: np.ndarray,
           share: np.ndarray) -> np.ndarray:
    left, left_below = explicit_mass(probs, lower, contexts, len(share))
    left, left_below = left[contexts], left_below[contexts]
    log_new = np.log(np.maximum(left + probs, 1e-99)) - np.log(np.maximum(left_below + lower, 1e-99))
    change = probs * (np.log(np.maximum(lower, 1e-99)) + log_new - np.log(np.maximum(probs, 1e-99)))
    change += left * (log_new - log_backoff[contexts])
    return np.expm1(np.maximum(-share[contexts] * change, 0))


def _take(costs: PruningCosts, keep: list[np.ndarray]) -> NgramTables:
    tables = costs.tables
    probs = [np.power(10.0, logs.astype(np.float64)) for logs in tables.log10_probs]
    ngrams, log10_probs, backoffs = [tables.ngrams[0]], [tables.log10_probs[0]], []
    stays = np.ones(tables.counts[0], bool)
    for n, kept in enumerate(keep, 1):
        contexts, suffixes = costs.contexts[n - 1][kept], costs.suffixes[n - 1][kept]
        refitted = fit_backoffs(probs[n][kept], probs[n - 1][suffixes], contexts, tables.counts[n - 1])
        lost = np.bincount(costs.contexts[n - 1][~kept], minlength=tables.counts[n - 1]) > 0
        backoffs.append(np.where(lost, refitted, tables.log10_backoffs[n - 1])[stays])
        ngrams.append(tables.ngrams[n][kept])
        log10_probs.append(tables.log10_probs[n][kept])
        stays = kept
    while len(ngrams) > 1 and not len(ngrams[-1]):
        ngrams, log10_probs, backoffs = ngrams[:-1], log10_probs[:-1], backoffs[:-1]
    return NgramTables(tables.words, ngrams, log10_probs, backoffs)
