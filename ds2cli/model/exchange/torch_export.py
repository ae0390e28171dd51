"""The recogniser as a torch.export program: any batch, any length, and no ds2 needed to run it.

torch.export unrolls its fused recurrences to the length of its example; torch's `scan` keeps the loop a loop, on any
device, so the directions of every layer become scans before the recogniser is traced.
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ds2cli.model.encoder.layers import FullyConnected, all_of, clipped_relu, replace_module
from ds2cli.model.encoder.recurrent import Direction, RecurrentLayer
from ds2cli.model.fold_batch_norm import Matrices, folded_recurrence
from ds2cli.model.recogniser import Recogniser


class UtteranceFirst(nn.Module):
    """`nn.Linear` for x (T, B, H), as (B, T, H): the other way round, torch.export would refuse batches of one."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().clone())
        self.register_buffer("bias", None if bias is None else bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x.transpose(0, 1).contiguous(), self.weight, self.bias).transpose(0, 1)


class ScannedRecurrence(Direction):
    """One direction of any kind, in evaluation: h_t = f(W x_t + b, U h_{t-1} + c), its batch normalisation folded."""

    recurrent: Tensor
    bias: Tensor

    def __init__(self, matrices: Matrices) -> None:
        super().__init__()
        self.kind = matrices.kind
        self.input = UtteranceFirst(matrices.input, matrices.bias)
        self.register_buffer("recurrent", matrices.recurrent.clone())
        self.register_buffer("bias", matrices.recurrent_bias.clone())

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H) -> (T, B, size)."""
        from torch._higher_order_ops.scan import scan  # no public name as of torch 2.13

        state = x.new_zeros(x.shape[1], self.recurrent.shape[1])
        return scan(self._step, (state, state.clone()), self.input(x))[1]

    def _step(self, states: tuple[Tensor, Tensor], now: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
        state, memory = states
        before = nn.functional.linear(state, self.recurrent, self.bias)
        if self.kind == "lstm":
            admit, keep, new, show = (now + before).chunk(4, 1)
            memory = torch.sigmoid(keep) * memory + torch.sigmoid(admit) * torch.tanh(new)
            state = torch.sigmoid(show) * torch.tanh(memory)
        elif self.kind == "gru":
            reset, update, new = now.chunk(3, 1)
            reset_before, update_before, new_before = before.chunk(3, 1)
            keep = torch.sigmoid(update + update_before)
            new = torch.tanh(new + torch.sigmoid(reset + reset_before) * new_before)
            state, memory = new + keep * (state - new), memory.clone()
        else:
            activate = clipped_relu if self.kind == "rnn" else torch.relu
            state, memory = activate(now + before), memory.clone()
        return (state, memory), state.clone()


def exported_program(recogniser: Recogniser) -> torch.export.ExportedProgram:
    """The program of `Recogniser.forward`: waveforms (B, samples) and lengths (B,) int64."""
    recogniser = copy.deepcopy(recogniser).cpu().eval()
    network = recogniser.network
    for layer in all_of(network.recurrent, RecurrentLayer):
        folded = [folded_recurrence(one) for one in all_of(layer.directions, Direction)]
        layer.directions = nn.ModuleList(map(ScannedRecurrence, folded))
    for connected in all_of(network.hidden, FullyConnected):
        replace_module(connected, linear=UtteranceFirst(connected.linear.weight, connected.linear.bias))
    replace_module(network, output=UtteranceFirst(network.ctc_output.weight, network.ctc_output.bias))
    second = recogniser.config.features.sample_rate
    example = torch.zeros(2, 3 * second), torch.tensor([3 * second, 2 * second])
    dynamic = torch.export.Dim.DYNAMIC
    with torch.no_grad():
        return torch.export.export(recogniser, example, dynamic_shapes=({0: dynamic, 1: dynamic}, {0: dynamic}))


def save_program(program: torch.export.ExportedProgram, path: Path, metadata: dict[str, str]) -> None:
    """Write a .pt2 file; the metadata is its extra file ds2.json."""
    with open(path, "wb") as file:  # by name, torch would insist on the suffix
        torch.export.save(program, file, extra_files={"ds2.json": json.dumps(metadata, ensure_ascii=False)})


def open_program(path: Path) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """A .pt2 file of ours: (B, samples) and (B,) lengths -> (B, T', V) log-probs and (B,) frames."""
    with open(path, "rb") as file:
        program = torch.export.load(file).module()

    @torch.no_grad()
    def listen(waveforms: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log_probs, frames = program(torch.from_numpy(waveforms), torch.from_numpy(lengths))
        return log_probs.numpy(), frames.numpy()

    return listen
