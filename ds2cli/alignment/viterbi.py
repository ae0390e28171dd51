"""The best path of a text through CTC log-probs: the door to the kernel. `reference.py` is the same in a screenful.

The trellis of CTC (Graves et al. 2006) and, at every boundary between words, a state of its own for audio without text
and arcs past text without audio; `kernels/align.h` has the recurrence.

CTC gives every label a frame, and every repeat a blank: in fast speech the right text barely fits, each frame that it
wants for itself costs, and words are skipped that were said. In steps of half a frame (`steps`), each of half the
weight, two labels may share a frame; where there is room the paths are the same (figures in recipes/segment).
"""

import numpy as np

from ds2cli import _kernels
from ds2cli.alignment.path import PLAIN, AlignedPath, GreedyPath, Prices, greedy_path, path_score
from ds2cli.errors import TextError
from ds2cli.text.units import frames_needed

MEMORY = 16 << 20  # bytes of back-pointers kept at once; beyond it, checkpoints


def viterbi_path(log_probs: np.ndarray, labels: np.ndarray, word_starts: np.ndarray, prices: Prices = PLAIN,
              heard: GreedyPath | None = None, steps: int = 1, memory: int = MEMORY) -> AlignedPath:
    """The path with the highest score, exact up to the rounding of float32.

    log_probs    (T, V) float32 natural logs
    labels       (L,) unit indices; word_starts  (W + 1,) word w is labels[word_starts[w]:word_starts[w + 1]]
    heard        what `greedy_path(log_probs)` says, where it is known
    steps        a frame; 1 is CTC as it was defined
    memory       bytes of back-pointers; a larger problem takes up to twice the time
    raises       TextError where the labels do not fit into the frames, and may not be skipped
    """
    rows = np.ascontiguousarray(log_probs, np.float32)
    labels, word_starts = (np.ascontiguousarray(array, np.int32) for array in (labels, word_starts))
    heard = heard or greedy_path(rows)
    found = _kernels.viterbi_path(
        rows, labels, word_starts, heard=heard.starred(prices) if prices.allow_stars else None,
        star_open=prices.star_open, skip_open=prices.skip_open, skip_label=prices.skip_label, steps=steps,
        memory=memory,
    )
    if found is None:
        raise TextError(f"a text of {len(labels)} labels does not fit into {len(rows)} frames: CTC needs "
                        f"{-(-frames_needed(labels.tolist()) // steps)}, and none of them impossible")
    starts, ends, stars = found
    score = path_score(rows, heard, labels, word_starts, prices, starts, ends, stars, steps)
    return AlignedPath(starts, ends, score, stars, steps)
