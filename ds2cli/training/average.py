"""An exponential average of the weights, which is what gets evaluated and kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ds2cli.model.recogniser import Recogniser


class WeightAverage:
    """A copy of all weights that follows them: w' = d w' + (1 - d) w after every step.

    The decay d grows as (1 + step) / (10 + step) up to its setting, so that the first weights are soon forgotten.
    With a decay of 0 there is no copy, and the weights themselves are used.
    """

    def __init__(self, recogniser: Recogniser, decay: float) -> None:
        self.recogniser, self.decay = recogniser, decay
        self.weights: dict[str, Tensor] = {}
        self.restart()

    def restart(self) -> None:
        """Begin from the weights as they are now."""
        if self.decay:
            self.weights = {name: tensor.detach().clone() for name, tensor in self.recogniser.state_dict().items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Follow the weights after a step, counted from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        current = self.recogniser.state_dict() if self.weights else {}
        for name, tensor in self.weights.items():
            tensor.lerp_(current[name], 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The recogniser holds the average while this lasts."""
        if not self.weights:
            yield
            return
        own = {name: tensor.detach().clone() for name, tensor in self.recogniser.state_dict().items()}
        self.recogniser.load_state_dict(self.weights)
        try:
            yield
        finally:
            self.recogniser.load_state_dict(own)
