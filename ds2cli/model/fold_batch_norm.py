"""Batch normalisation folded into the weights: in evaluation it is a scale and a shift, and matrices are left.

What leaves the house (ONNX, torch.export, int8) is built from these; the paper's step-by-step recurrences, folded, are
the ordinary ones that every runtime has a kernel for.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ds2cli.model.encoder.layers import FullyConnected, MaskedConvolution, SequenceBatchNorm
from ds2cli.model.encoder.recurrent import Direction, FusedRecurrence, StepwiseRecurrence


@dataclass(frozen=True)
class Matrices:
    """One direction of recurrence; G gates in torch's order (LSTM: in, forget, cell, out; GRU: reset, update, new).

    kind       rnn (clipped rectifier), relu, gru, lstm
    input      (G * H, I), with bias (G * H,)
    recurrent  (G * H, H), with recurrent_bias (G * H,); the GRU's reset gate multiplies the sum of these two
    """

    kind: str
    input: Tensor
    recurrent: Tensor
    bias: Tensor
    recurrent_bias: Tensor


def scale_and_shift(norm: SequenceBatchNorm) -> tuple[Tensor, Tensor]:
    """(C,) and (C,): batch normalisation in evaluation is x * scale + shift."""
    scale = norm.weight * torch.rsqrt(norm.running_variance + norm.epsilon)
    return scale.detach(), (norm.bias - norm.running_mean * scale).detach()


def folded_convolution(layer: MaskedConvolution) -> tuple[Tensor, Tensor]:
    """(C', C, F, T) and (C',): kernels and bias, after which comes the clipped rectifier."""
    return _folded(layer.convolution.weight.detach(), layer.convolution.bias, layer.norm)


def folded_linear(layer: FullyConnected) -> tuple[Tensor, Tensor]:
    """(size, size_in) and (size,): matrix and bias, after which comes the clipped rectifier."""
    return _folded(layer.linear.weight.detach(), layer.linear.bias, layer.norm)


def folded_recurrence(direction: Direction) -> Matrices:
    """The matrices of one direction, whichever way it runs."""
    if isinstance(direction, StepwiseRecurrence):
        matrix, bias = _folded(direction.input.weight.detach(), direction.input.bias, direction.norm)
        return Matrices(direction.kind, matrix, direction.recurrent.detach(), bias, torch.zeros_like(bias))
    assert isinstance(direction, FusedRecurrence)
    fused = direction.recurrence
    kind = {"RNN_RELU": "relu"}.get(fused.mode, fused.mode.lower())
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return Matrices(kind, *(getattr(fused, name).detach() for name in names))


def _folded(weight: Tensor, bias: Tensor | None, norm: SequenceBatchNorm | None) -> tuple[Tensor, Tensor]:
    bias = weight.new_zeros(len(weight)) if bias is None else bias.detach()
    if norm is None:
        return weight, bias
    scale, shift = scale_and_shift(norm)
    return weight * scale.view(-1, *[1] * (weight.dim() - 1)), bias * scale + shift
