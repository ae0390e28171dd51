"""Stationary context frequencies of a back-off model: how often each context is met in text that it generates.

The chain rule over a Kneser-Ney model's own lower orders does not tell: they hold adjusted counts, which are made for
backing off, and say that "the" is rare. But with its lower orders so made, the whole model keeps the frequencies of the
text it saw (Kneser and Ney 1995), so its stationary distribution is them. It is found by iterating. Notation: c a
context, (c, w) a listed n-gram, (v c) a listed longer context, a(c) a back-off weight.

    flow(c)    = met(c) - sum_v met(v c) + sum_v flow(v c) a(v c)        predictions that come to c, by backing off too
    next(c w)  = flow(c) p(w|c) + sum_v [next(v c w) - flow(v c) a(v c) p(w|c)]
    met(c)     = next(c) of the round before; where a sentence ends, <s> is met
"""

import numpy as np

from ds2cli.language.ngrams import BEGIN, END, NgramTables

ROUNDS = 16


def context_shares(tables: NgramTables, probs: list[np.ndarray], suffixes: list[np.ndarray],
                   contexts: list[np.ndarray]) -> list[np.ndarray]:
    """met(c): the share of predictions before which the last words are c; per order but the highest, float64.

    probs     per order, p of each n-gram
    suffixes, contexts  per order from 2 on, rows of the parts in the order below; the model is closed under parts
    """
    weights = [np.power(10.0, logs.astype(np.float64)) for logs in tables.log10_backoffs]
    ends = [ids[:, -1] == tables.words.index(END) for ids in tables.ngrams]
    begin = int(np.flatnonzero(tables.ngrams[0][:, 0] == tables.words.index(BEGIN))[0])
    end = int(np.flatnonzero(ends[0])[0])
    said = [probs[0].copy(), *probs[1:]]
    said[0][begin] = 0  # nobody says <s>
    met = _chain(said, contexts, begin, end)
    for _ in range(ROUNDS):
        flows, nothing = _flows(met, weights, suffixes)
        following = _following(flows, nothing, said, weights, suffixes, contexts)
        following[0][begin] = following[0][end]
        following = [np.where(ended, 0, mass) for ended, mass in zip(ends, following[:-1], strict=False)]
        # Half a step: sentences of like length would make the walk swing for ever.
        met = [(old + new / following[0].sum()) / 2 for old, new in zip(met, following, strict=True)]
    return met


def _chain(said: list[np.ndarray], contexts: list[np.ndarray], begin: int, end: int) -> list[np.ndarray]:
    """Where to begin: the chain rule, with <s> as common as </s>."""
    met = [said[0].copy()]
    met[0][begin] = met[0][end]
    for own, context in zip(said[1:-1], contexts, strict=False):
        met.append(met[-1][context] * own)
    return met


def _flows(met: list[np.ndarray], weights: list[np.ndarray],
           suffixes: list[np.ndarray]) -> tuple[list[np.ndarray], float]:
    """flow(c) per order, and the flow into the empty context."""
    flows = [met[-1]]
    for n in range(len(met) - 2, -1, -1):
        passed_on = flows[0] * weights[n + 1] - met[n + 1]
        flows.insert(0, np.maximum(met[n] + np.bincount(suffixes[n], passed_on, len(met[n])), 0))
    return flows, float((flows[0] * weights[0]).sum())


def _following(flows: list[np.ndarray], nothing: float, said: list[np.ndarray], weights: list[np.ndarray],
               suffixes: list[np.ndarray], contexts: list[np.ndarray]) -> list[np.ndarray]:
    """next(c w) of every n-gram, per order."""
    following: list[np.ndarray] = []
    for n in range(len(said) - 1, -1, -1):
        mass = (flows[n - 1][contexts[n - 1]] if n else nothing) * said[n]
        if following:  # what longer contexts say of the word, instead of what they would by backing off
            context = contexts[n]
            instead = following[0] - (flows[n] * weights[n])[context] * said[n][suffixes[n]]
            mass = mass + np.bincount(suffixes[n], instead, len(mass))
        following.insert(0, np.maximum(mass, 0))
    return following
