"""Prefix beam search as a person can read it; the kernel computes the same, a thousand times faster.

Graves 2012 (arXiv:1211.3711), section 7.5; Hannun et al. 2014 (arXiv:1408.2873), algorithm 1. A test
holds the two together.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable

import numpy as np

from ds2cli.decoding.settings import Settling
from ds2cli.text.units import BLANK

Prefix = tuple[int, ...]


def beam_search(
    log_probs: np.ndarray, beam: int, space: int, rank: Callable[[Prefix], float], ending: Callable[[Prefix], float],
    settling: Settling = Settling(), alike: Callable[[Prefix], Hashable] | None = None,
) -> list[tuple[Prefix, float, float]]:
    """Every text in the last frame's beam, best first: its units, log p_ctc, and log p_ctc + ending(units).

    log_probs  (T, V); space  the unit that is the same however often it is said, or -1
    rank    what a prefix earns beside its sound while it is searched; ending  what the whole text earns
    settling  when the finished words of the best prefix are settled: all others must begin so too
    alike   what all that follows depends on: of prefixes with the same, those stay that no other beats
    """
    # units -> log p of the paths that end in the blank, and in the last unit
    prefixes: dict[Prefix, tuple[float, float]] = {(): (0.0, -np.inf)}
    standing: dict[Prefix, int] = {}  # the best prefix up to each of its spaces, and since when it was the best's
    must: Prefix = ()  # what is settled
    for t, frame in enumerate(log_probs.astype(float)):
        longer: dict[Prefix, tuple[float, float]] = defaultdict(lambda: (-np.inf, -np.inf))

        def add(prefix: Prefix, blank: float, last: float, longer=longer) -> None:
            longer[prefix] = np.logaddexp(longer[prefix][0], blank), np.logaddexp(longer[prefix][1], last)

        for prefix, (blank, last) in prefixes.items():
            total = np.logaddexp(blank, last)
            add(prefix, total + frame[BLANK], -np.inf)
            for unit in (u for u in range(len(frame)) if u != BLANK):
                if unit == space and prefix[-1:] in ((), (space,)):
                    add(prefix, -np.inf, total + frame[unit])
                elif prefix[-1:] == (unit,):
                    add(prefix, -np.inf, last + frame[unit])
                    add((*prefix, unit), -np.inf, blank + frame[unit])
                else:
                    add((*prefix, unit), -np.inf, total + frame[unit])
        ranked = sorted(longer, key=lambda prefix: np.logaddexp(*longer[prefix]) + rank(prefix), reverse=True)
        kept = unbeaten(ranked[:beam], longer, rank, alike) if alike else ranked[:beam]
        ended = [ranked[0][: at + 1] for at, unit in enumerate(ranked[0]) if unit == space]
        standing = {prefix: standing.get(prefix, t) for prefix in ended}
        scores = {prefix: np.logaddexp(*longer[prefix]) + rank(prefix) for prefix in kept}

        def is_settled(said: Prefix, since: int, t=t, scores=scores) -> bool:
            saying = [score for prefix, score in scores.items() if prefix[: len(said)] == said]
            share = np.exp(np.logaddexp.reduce(saying) - np.logaddexp.reduce(list(scores.values())))
            return t - since >= settling.frames or (settling.share < 1 and share >= settling.share)

        if settling.frames:
            open_words = [said for said in standing if len(said) > len(must)]
            for said in open_words:
                if not is_settled(said, standing[said]):
                    break
                must = said
        prefixes = {prefix: longer[prefix] for prefix in kept if prefix[: len(must)] == must}
    texts: dict[Prefix, float] = defaultdict(lambda: -np.inf)
    for prefix, (blank, last) in prefixes.items():
        text = prefix[:-1] if prefix[-1:] == (space,) else prefix
        texts[text] = np.logaddexp(texts[text], np.logaddexp(blank, last))
    scored = [(text, log_prob, log_prob + ending(text)) for text, log_prob in texts.items()]
    return sorted(scored, key=lambda one: one[2], reverse=True)


def unbeaten(
    prefixes: list[Prefix], paths: dict[Prefix, tuple[float, float]], rank: Callable[[Prefix], float],
    alike: Callable[[Prefix], Hashable],
) -> list[Prefix]:
    """Prefixes but those that another, alike to all that follows, is at least as likely as in both ways to end."""
    stay: dict[Hashable, list[Prefix]] = defaultdict(list)

    def beats(one: Prefix, other: Prefix) -> bool:
        ahead = rank(one) - rank(other)
        return all(mine + ahead >= theirs for mine, theirs in zip(paths[one], paths[other], strict=True))

    for prefix in prefixes:
        rivals = stay[alike(prefix)]
        if not any(beats(rival, prefix) for rival in rivals):
            rivals[:] = [rival for rival in rivals if not beats(prefix, rival)] + [prefix]
    return [prefix for prefix in prefixes if prefix in stay[alike(prefix)]]
