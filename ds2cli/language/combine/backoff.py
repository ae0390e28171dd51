"""Back-off weights that make every context's probabilities sum to one."""

import numpy as np

LOG10_ZERO = -99.0  # how ARPA files write the logarithm of nothing


def explicit_mass(probs: np.ndarray, lower: np.ndarray, contexts: np.ndarray,
                  n_contexts: int) -> tuple[np.ndarray, np.ndarray]:
    """What the listed words of each context leave over: 1 - sum p(w|h) and 1 - sum p(w|h'), float64.

    probs, lower  (N,) p(w|h) of each n-gram, and p(w|h') of its suffix
    contexts      (N,) row of h among n_contexts
    """
    left = 1 - np.bincount(contexts, probs, n_contexts)
    left_below = 1 - np.bincount(contexts, lower, n_contexts)
    return np.maximum(left, 0), np.maximum(left_below, 0)


def fit_backoffs(probs: np.ndarray, lower: np.ndarray, contexts: np.ndarray, n_contexts: int) -> np.ndarray:
    """log10 of the weight of each context (n_contexts,) float32; 0 where a context lists no word."""
    left, left_below = explicit_mass(probs, lower, contexts, n_contexts)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.log10(left / left_below)
    weights[np.bincount(contexts, minlength=n_contexts) == 0] = 0
    # A context that lists every word has nothing left to give.
    return np.where(np.isfinite(weights), weights, LOG10_ZERO).astype(np.float32)
