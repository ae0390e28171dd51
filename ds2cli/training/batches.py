"""Which utterances meet in which step: one plan of the whole epoch, the same for every process.

A plan depends on the durations, the settings, the seed and the epoch alone, so a run that resumes, or runs on other
workers, sees the same batches. Every step deals utterances of like length to every process.
"""

from collections.abc import Sequence

import numpy as np

from ds2cli.config import BatchConfig

Step = list[np.ndarray]  # for each process, the indices of its utterances
Plan = list[Step]

# How far an utterance may stray from its place in the order of length, as a share of its duration, when an epoch's
# batches are drawn anew: wide enough to mix neighbours, narrow enough to keep padding near 5 %.
JITTER = 0.1


def plan_epoch(durations: Sequence[float], settings: BatchConfig, seed: int, epoch: int, world: int = 1) -> Plan:
    """The steps of one epoch, in order.

    durations  (N,) seconds
    returns    every index once; a step's padded seconds stay within settings.seconds, where one utterance for each
               process does

    The first epoch goes from short to long (SortaGrad, Amodei et al. 2016, section 3.3); later ones draw batches of
    like length and shuffle them.
    """
    seconds = np.asarray(durations, dtype=np.float64)
    sorted_epoch = settings.sorta_grad and epoch == 0
    rng = np.random.default_rng([seed, epoch])
    jitter = 0.0 if sorted_epoch else JITTER
    keys = seconds * (1 + jitter * rng.uniform(-1, 1, len(seconds)))
    order = np.argsort(keys, kind="stable")
    steps = [_deal(group, seconds, world) for group in _fill(order, seconds, settings, world)]
    if not sorted_epoch:
        rng.shuffle(steps)
    return steps


def padding_share(plan: Plan, durations: Sequence[float]) -> float:
    """The share of computed seconds that are padding."""
    seconds = np.asarray(durations)
    groups = [part for step in plan for part in step]
    computed = sum(len(part) * seconds[part].max() for part in groups)
    return float(1 - sum(seconds[part].sum() for part in groups) / computed)


def _fill(order: np.ndarray, durations: np.ndarray, settings: BatchConfig, world: int) -> list[np.ndarray]:
    """Consecutive groups of the order, each as large as fits; a last group too small for every process borrows from
    the one before it, or joins it."""
    groups: list[list[int]] = [[]]
    longest = 0.0
    for index in order:
        group = groups[-1]
        reach = max(longest, durations[index])
        full = (len(group) + 1) * reach > settings.seconds or len(group) + 1 > settings.utterances
        if full and len(group) >= world:
            groups.append([index])
            longest = durations[index]
        else:
            group.append(index)
            longest = reach
    if len(groups) > 1 and len(groups[-1]) < world:
        rest = groups[-2] + groups[-1]
        at = len(rest) - world
        groups[-2:] = [rest[:at], rest[at:]] if at >= world else [rest]
    return [np.array(group) for group in groups]


def _deal(group: np.ndarray, durations: np.ndarray, world: int) -> Step:
    """Round the table in order of length: each process gets as many, and as long ones, as the next."""
    by_length = group[np.argsort(durations[group], kind="stable")]
    return [by_length[rank::world] for rank in range(world)]
