"""The clipped rectifier's recurrence with its own backward pass beside the plain loop under autograd."""

from collections.abc import Callable

import torch
from torch import Tensor

from ds2cli.model.encoder.clipped_rnn import clipped_rnn
from ds2cli.model.encoder.layers import CLIP, clipped_relu


def plain_loop(inputs: Tensor, weights: Tensor) -> Tensor:
    """(T, D, B, H) and (D, H, H) -> (T, D, B, H) states: what a layer that knows nothing better does."""
    directions = []
    for arriving, turned in zip(inputs.unbind(1), weights.transpose(1, 2), strict=True):
        states, state = [], torch.zeros_like(arriving[0])
        for now in arriving:
            state = clipped_relu(torch.addmm(now, state, turned))
            states.append(state)
        directions.append(torch.stack(states))
    return torch.stack(directions, 1)


class Recurrence:
    """Steps forward and backward through both directions of a layer."""

    def __init__(self, run: Callable[[Tensor, Tensor], Tensor], inputs: Tensor, weights: Tensor) -> None:
        self._run, self._given = run, [inputs, weights]

    def step(self) -> float:
        """Take a step; waits for the device."""
        states = self._run(*self._given)
        gradients = torch.autograd.grad(states.float().square().sum(), self._given)
        return float(gradients[1].float().sum())


def both_ways(size: int, n_utterances: int, n_frames: int, device: str, kind: torch.dtype) -> dict[str, Recurrence]:
    """Ours, and the loop as the peer, on the same numbers."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(n_frames, 2, n_utterances, size, generator=generator).to(device, kind).requires_grad_()
    weights = (torch.randn(2, size, size, generator=generator) / size).to(device, kind).requires_grad_()
    ways = {"ours": lambda x, u: clipped_rnn(x, u, CLIP), "peer": plain_loop}
    return {who: Recurrence(run, inputs, weights) for who, run in ways.items()}
