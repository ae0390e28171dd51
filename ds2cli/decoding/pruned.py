"""Log-probs of thousands of units in few bytes: in each frame the likeliest are kept, the others share what is left.

Those are the units that a beam search looks at (Amodei et al. 2016, section 7.3: the fewest that reach 0.99
together, 40 at most), and the blank. Of 6,000 units a frame takes 24,000 bytes whole, and 19 to 247 so.
"""

from typing import NamedTuple

import numpy as np

from ds2cli.decoding.settings import CUTOFF_PROB, CUTOFF_TOP
from ds2cli.text.units import BLANK

NOTHING = -100.0  # natural log of what is left where nothing is: float32's log-sum does not see it


class Pruned(NamedTuple):
    """What is kept of (T, V) log-probs.

    counts  (T,) uint8 units of each frame
    units   (N,) uint32 their indices, frame by frame, in order of index
    values  (N,) float32 their log-probs
    """

    counts: np.ndarray
    units: np.ndarray
    values: np.ndarray


def prune_units(log_probs: np.ndarray) -> Pruned:
    """The likeliest units of each frame; ties go to the lower index."""
    n_frames, n_units = log_probs.shape
    top = min(CUTOFF_TOP, n_units)
    # A whole sort of thousands would cost more than the network.
    likeliest = np.argpartition(-log_probs, top - 1, axis=1)[:, :top] if n_frames else np.zeros((0, top), np.int64)
    ranked = np.take_along_axis(log_probs, likeliest, 1)
    order = np.lexsort((likeliest, -ranked), axis=1)
    likeliest, ranked = np.take_along_axis(likeliest, order, 1), np.take_along_axis(ranked, order, 1)
    reached = np.exp(ranked.astype(np.float64)).cumsum(1)
    wanted = np.hstack([np.zeros((n_frames, 1)), reached[:, :-1]]) < CUTOFF_PROB
    keep = np.zeros(log_probs.shape, bool)
    frames, ranks = np.nonzero(wanted)
    keep[frames, likeliest[frames, ranks]] = True
    keep[:, BLANK] = True
    frames, units = np.nonzero(keep)
    counts = np.bincount(frames, minlength=n_frames).astype(np.uint8)
    return Pruned(counts, units.astype(np.uint32), log_probs[frames, units].astype(np.float32))


def whole(pruned: Pruned, n_units: int) -> np.ndarray:
    """(T, V) float32: the kept log-probs where they were, and in every other place its share of the rest.

    raises  ValueError, IndexError where the parts do not belong together
    """
    counts = pruned.counts.astype(np.int64)
    if counts.sum() != len(pruned.units) or len(pruned.units) != len(pruned.values):
        raise ValueError("the parts do not belong together")
    frames = np.repeat(np.arange(len(counts)), counts)
    left = 1 - np.bincount(frames, np.exp(pruned.values.astype(np.float64)), minlength=len(counts))
    others = np.maximum(n_units - counts, 1)
    rest = np.log(np.maximum(left, 0) / others, where=left > 1e-7, out=np.full(len(counts), NOTHING))
    log_probs = np.repeat(rest.astype(np.float32)[:, None], n_units, axis=1)
    log_probs[frames, pruned.units] = pruned.values
    return log_probs
