"""The best path with stars and skips as a person can read it; the kernel computes the same, a thousand times faster.

A state is ("blank", j), ("label", j) or ("star", u); the recurrence is that of `kernels/align.h`. A test holds the two
together.
"""

import numpy as np

from ds2cli.alignment.path import LEFT_OUT, Prices, Star, greedy_path
from ds2cli.text.units import BLANK

State = tuple[str, int]
Path = tuple[float, list[State]]  # score, and the state of every step so far
NEVER: Path = (-np.inf, [])


def reference_path(
    log_probs: np.ndarray, labels: list[int], word_starts: list[int], prices: Prices, steps: int = 1
) -> Path:
    """The best score, and the state that holds each step; (-inf, []) where there is no path.

    log_probs  (T, V); labels  (L,); word_starts  (W + 1,); steps  a frame: each earns its part of the frame
    """
    stars, size = np.repeat(greedy_path(log_probs).starred(prices), steps) / steps, len(labels)
    log_probs = np.repeat(log_probs.astype(float), steps, axis=0) / steps
    paths: dict[State, Path] = {("blank", 0): (0.0, [])}
    _skip(paths, word_starts, prices)
    for frame, star in zip(log_probs, stars, strict=True):
        before, paths = paths, {}

        def stay_or_come(to: State, earned: float, *origins: State, before=before, paths=paths) -> None:
            score, states = max((before.get(origin, NEVER) for origin in (to, *origins)), key=lambda path: path[0])
            paths[to] = score + earned, [*states, to]

        for j in range(size + 1):
            stay_or_come(("blank", j), frame[BLANK], ("label", j - 1))
        for j, unit in enumerate(labels):
            repeats = j > 0 and labels[j - 1] == unit
            stay_or_come(("label", j), frame[unit], ("blank", j), *([] if repeats else [("label", j - 1)]))
        for u, j in enumerate(word_starts if prices.allow_stars else []):
            gate = max(before.get(("blank", j), NEVER), before.get(("label", j - 1), NEVER), key=lambda path: path[0])
            score, states = max(before.get(("star", u), NEVER), (gate[0] - prices.star_open, gate[1]),
                                key=lambda path: path[0])
            paths["star", u] = score + star, [*states, ("star", u)]
        _skip(paths, word_starts, prices)
    return max(paths.get(("blank", size), NEVER), paths.get(("label", size - 1), NEVER), key=lambda path: path[0])


def _skip(paths: dict[State, Path], word_starts: list[int], prices: Prices) -> None:
    """Let stars end at their boundaries, and words be skipped: both take no frame."""
    sources: list[tuple[int, Path]] = []
    for u, j in enumerate(word_starts):
        ends = [paths.get(state, NEVER) for state in (("blank", j), ("star", u))]
        skips = [(score - prices.skip_open - prices.skip_label * (j - i), states)
                 for i, (score, states) in sources if prices.allow_skips]
        paths["blank", j] = max(*ends, *skips, key=lambda path: path[0])
        sources.append((j, max(*ends, paths.get(("label", j - 1), NEVER), key=lambda path: path[0])))


def to_spans(states: list[State], n_labels: int) -> tuple[list[int], list[int], list[Star]]:
    """Starts and ends of the labels, and the stars, as `AlignedPath` has them."""
    starts, ends = [LEFT_OUT] * n_labels, [LEFT_OUT] * n_labels
    stars: list[Star] = []
    for t, (kind, at) in enumerate(states):
        if kind == "label":
            starts[at] = t if starts[at] == LEFT_OUT else starts[at]
            ends[at] = t + 1
        elif kind == "star":
            first = stars.pop()[0] if stars and stars[-1][1:] == (t, at) else t
            stars.append((first, t + 1, at))
    return starts, ends, stars
