"""The best path, collapsed: the decoder without a beam, kept apart for its speed."""

import numpy as np

from ds2cli.text.units import BLANK


def best_path(log_probs: np.ndarray) -> list[int]:
    """The units of the single most probable path: repeats merged, blanks dropped (Graves et al. 2006, section 3.2).

    log_probs  (T, V)
    """
    path = log_probs.argmax(1)
    kept = (path != BLANK) & np.concatenate(([True], path[1:] != path[:-1])) if len(path) else path
    return path[kept].tolist() if len(path) else []
