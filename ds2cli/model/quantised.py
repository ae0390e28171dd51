"""Matrices that multiply in int8: what makes decoding on a processor faster, at a small price in accuracy.

Weights are int8 with a scale for each row; activations are quantised as they come ("dynamic"). GRUs, LSTMs and fully
connected layers run so; convolutions and rectifier recurrences, for which torch has no int8 kernel, stay float32.
A batch shares its activations' scale, so here, and only here, log-probs depend a little on batch mates.

torch calls these operators deprecated (torch.ao.quantization, issue 184982) and has nothing else for recurrences; in a
torch without them, an int8 checkpoint runs in float32.
"""

import warnings
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.encoder.layers import FullyConnected, all_of, replace_module
from ds2cli.model.encoder.recurrent import Direction, RecurrentLayer, State
from ds2cli.model.fold_batch_norm import Matrices, folded_recurrence
from ds2cli.model.recogniser import Recogniser, build_recogniser
from ds2cli.model.weight_storage import quantise

ENGINES = {"x86", "fbgemm", "onednn"}  # torch's int8 kernels with a scale for each row of a recurrence
OPERATORS = ("quantized_lstm", "quantized_gru", "_make_per_channel_quantized_tensor")


def load_for_decoding(path: str | Path, device: str = "cpu") -> Recogniser:
    """The recogniser of a checkpoint or run, for decoding alone: an int8 checkpoint multiplies in int8 where it can.

    Where the device has no int8 kernels, and for those who need gradients (`load_recogniser`), the same weights run
    in float32.

    raises  CheckpointError where the file is not a checkpoint or does not fit its own settings
    """
    checkpoint = load_checkpoint(path)
    recogniser = build_recogniser(checkpoint, path).eval()
    return quantised(recogniser) if checkpoint.form == "int8" and _has_kernels(device) else recogniser.to(device)


def _has_kernels(device: str) -> bool:
    known = all(hasattr(torch, name) for name in OPERATORS)
    return known and device == "cpu" and torch.backends.quantized.engine in ENGINES


def quantised(recogniser: Recogniser) -> Recogniser:
    """The recogniser, in place, with int8 matrices wherever torch has kernels for them."""
    network = recogniser.network
    for layer in all_of(network.recurrent, RecurrentLayer):
        folded = [folded_recurrence(direction) for direction in all_of(layer.directions, Direction)]
        if folded[0].kind in ("gru", "lstm"):
            layer.directions = nn.ModuleList(QuantisedRecurrence(matrices) for matrices in folded)
    for connected in all_of(network.hidden, FullyConnected):
        replace_module(connected, linear=QuantisedLinear(connected.linear.weight, connected.linear.bias))
    if network.output is not None:
        replace_module(network, output=QuantisedLinear(network.output.weight, network.output.bias))
    return recogniser


class QuantisedLinear(nn.Module):
    """A matrix in int8, and a bias."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.packed = _packed(weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        return torch.ops.quantized.linear_dynamic(x, self.packed, reduce_range=kernels_saturate())


class QuantisedRecurrence(Direction):
    """One direction of GRU or LSTM with int8 matrices; batch normalisation after the matrix is folded in."""

    def __init__(self, matrices: Matrices) -> None:
        super().__init__()
        self.kind, self.size = matrices.kind, matrices.recurrent.shape[1]
        packed = _packed(matrices.input, matrices.bias), _packed(matrices.recurrent, matrices.recurrent_bias)
        biases = matrices.bias, matrices.recurrent_bias
        self.cell = torch.ops.quantized.make_quantized_cell_params_dynamic(*packed, *biases, kernels_saturate())

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H) -> (T, B, size)."""
        zeros = x.new_zeros(x.shape[1], self.size)
        return self.advance(x, (zeros, zeros))[0]

    def advance(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """As Direction.advance; a scale is that of the frames that come together."""
        plan = (True, 1, 0.0, False, False, False)  # biases, 1 layer, no dropout, no training, 1 direction, time first
        before = [part[None] for part in state]
        if self.kind == "gru":
            y, h = torch.quantized_gru(x, before[0], [self.cell], *plan)
            return y, (h[0],)
        y, h, cell = torch.quantized_lstm(x, before, [self.cell], *plan, dtype=torch.qint8, use_dynamic=True)
        return y, (h[0], cell[0])


@cache
def kernels_saturate() -> bool:
    """Whether this processor adds products of 8 bits in 16, as those without VNNI do: then activations get 7 bits.

    7 bits double the error of the log-probs, so they are taken only where the largest products come out wrong.
    """
    weight, x = torch.full((16, 64), 1.0), torch.full((1, 64), 1.0)
    found = torch.ops.quantized.linear_dynamic(x, _packed(weight, None), reduce_range=False)
    return not torch.allclose(found, x @ weight.t(), rtol=0.01)


def _packed(matrix: Tensor, bias: Tensor | None) -> torch.ScriptObject:
    values, scales = quantise(matrix.detach())
    zeros = torch.zeros(len(scales), dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*are deprecated", category=UserWarning)
        weight = torch._make_per_channel_quantized_tensor(values, scales.double(), zeros, 0)
    return torch.ops.quantized.linear_prepack(weight, None if bias is None else bias.detach())
