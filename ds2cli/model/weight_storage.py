"""Weights as a checkpoint stores them in fewer bytes: matrices as float16 or int8 (a scale each row), vectors float32.

A checkpoint says which it holds, and reading it gives float32 back: whoever loads one need not know.
"""

from typing import Literal, get_args

import torch
from torch import Tensor

Form = Literal["float32", "float16", "int8"]
FORMS: tuple[str, ...] = get_args(Form)
LARGEST = 127  # of an int8; -128 is left out, so that a row times -1 is a row
SCALE = ".scale"  # stands behind the name of an int8 matrix, for the scales of its rows


def narrow(weights: dict[str, Tensor], form: Form) -> dict[str, Tensor]:
    """Named float32 tensors in a form; int8 takes the matrices alone, float16 convolutions' kernels too."""
    if form == "float16":
        return {name: tensor.half() if tensor.dim() > 1 else tensor for name, tensor in weights.items()}
    if form == "int8":
        found = {}
        for name, tensor in weights.items():
            if tensor.dim() == 2:
                found[name], found[name + SCALE] = quantise(tensor)
            else:
                found[name] = tensor
        return found
    return weights


def widen(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `narrow` made, as float32 again."""
    found = {}
    for name, tensor in weights.items():
        if tensor.dtype == torch.int8:
            found[name] = tensor.float() * weights[name + SCALE][:, None]
        elif not name.endswith(SCALE):
            found[name] = tensor.float()
    return found


def quantise(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """(rows, columns) float -> int8 of the same shape and (rows,) float scales: matrix ~ int8 * scale.

    Each row's largest magnitude is 127, so that quantising what `widen` gave finds the same int8 again.
    """
    scales = matrix.abs().amax(1) / LARGEST
    scales = scales.where(scales > 0, torch.ones_like(scales))
    return (matrix / scales[:, None]).round_().to(torch.int8), scales
