"""The learning rate as a function of progress, so that a resumed run needs to remember nothing."""

import math

from ds2cli.config import OptimizerConfig

FIRST_SHARE = 1 / 25  # of the peak rate, where warm-up begins


def learning_rate(settings: OptimizerConfig, epoch: int, progress: float) -> float:
    """The rate of a step.

    epoch     counted from 0
    progress  share of all training that lies behind, in [0, 1)

    "anneal" divides by `annealing` every epoch (Amodei et al. 2016, section 3: 1.2); "cosine" falls from the end of
    the warm-up to zero.
    """
    if progress < settings.warmup:
        share = FIRST_SHARE + (1 - FIRST_SHARE) * progress / settings.warmup
    elif settings.schedule == "cosine":
        share = 0.5 * (1 + math.cos(math.pi * (progress - settings.warmup) / (1 - settings.warmup)))
    elif settings.schedule == "anneal":
        share = settings.annealing**-epoch
    else:
        share = 1.0
    return settings.learning_rate * share
