"""The learning rate as a function of progress, so that a resumed run needs to remember nothing; a plateau excepted."""

import math
from dataclasses import dataclass

from ds2cli.config import OptimizerConfig

FIRST_SHARE = 1 / 25  # of the peak rate, where warm-up begins
LAST_SHARE = FIRST_SHARE / 1e4  # where one cycle ends
ONE_CYCLE_RISE = 0.3  # share of all steps, where the warm-up says nothing else

# A loss is better where it is lower by this share of itself.
BETTER = 1e-4


def learning_rate(settings: OptimizerConfig, epoch: int, progress: float) -> float:
    """The rate of a step.

    epoch     counted from 0
    progress  share of all training that lies behind, in [0, 1)

    "anneal" divides by `annealing` every epoch (Amodei et al. 2016, section 3: 1.2); "cosine" falls from the end of
    the warm-up to zero; "onecycle" rises and falls in half cosines (Smith and Topin 2018, arXiv:1708.07120; as torch's
    OneCycleLR, momentum left alone). "plateau" is constant here: `Plateau` lowers it.
    """
    if settings.schedule == "onecycle":
        share = _one_cycle(progress, settings.warmup or ONE_CYCLE_RISE)
    elif progress < settings.warmup:
        share = FIRST_SHARE + (1 - FIRST_SHARE) * progress / settings.warmup
    elif settings.schedule == "cosine":
        share = 0.5 * (1 + math.cos(math.pi * (progress - settings.warmup) / (1 - settings.warmup)))
    elif settings.schedule == "anneal":
        share = settings.annealing**-epoch
    else:
        share = 1.0
    return settings.learning_rate * share


def _one_cycle(progress: float, rise: float) -> float:
    if progress < rise:
        first, last, at = FIRST_SHARE, 1.0, progress / rise
    else:
        first, last, at = 1.0, LAST_SHARE, (progress - rise) / (1 - rise)
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * at))


@dataclass
class Plateau:
    """Counts evaluations without a better loss (torch's ReduceLROnPlateau, with its defaults).

    best    the lowest loss so far
    waited  evaluations since then, or since the last division
    """

    best: float = math.inf
    waited: int = 0

    def is_reached(self, loss: float, patience: int) -> bool:
        """Take note of a loss; whether more than `patience` evaluations in a row were no better."""
        better = loss < self.best * (1 - BETTER)
        self.best = loss if better else self.best
        self.waited = 0 if better else self.waited + 1
        if self.waited <= patience:
            return False
        self.waited = 0
        return True
