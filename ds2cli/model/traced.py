"""The recogniser as a torch.export program: any batch, any length, and no ds2 needed to run it.

torch.export unrolls its fused recurrences to the length of its example; torch's `scan` keeps the loop a loop, on any
device, so the directions of every layer become scans before the recogniser is traced.
"""

import copy
from pathlib import Path

import torch
from torch import Tensor, nn

from ds2cli.errors import Ds2Error
from ds2cli.model.checkpoint import write_beside
from ds2cli.model.folded import Matrices, folded_recurrence
from ds2cli.model.layers import clipped_relu
from ds2cli.model.recogniser import Recogniser


class ScannedRecurrence(nn.Module):
    """One direction of any kind, in evaluation: h_t = f(W x_t + b, U h_{t-1} + c), its batch normalisation folded."""

    def __init__(self, matrices: Matrices) -> None:
        super().__init__()
        self.kind = matrices.kind
        for name in ("input", "recurrent", "bias", "recurrent_bias"):
            self.register_buffer(name, getattr(matrices, name).clone())

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H) -> (T, B, size)."""
        from torch._higher_order_ops.scan import scan  # no public name as of torch 2.13

        inputs = nn.functional.linear(x, self.input, self.bias)
        state = x.new_zeros(x.shape[1], self.recurrent.shape[1])
        return scan(self._step, (state, state.clone()), inputs)[1]

    def _step(self, states: tuple[Tensor, Tensor], now: Tensor) -> tuple[tuple[Tensor, Tensor], Tensor]:
        state, memory = states
        before = nn.functional.linear(state, self.recurrent, self.recurrent_bias)
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


def traced(recogniser: Recogniser) -> torch.export.ExportedProgram:
    """The program of `Recogniser.forward`: waveforms (B, samples) of one window at least, and lengths (B,) int64."""
    recogniser = copy.deepcopy(recogniser).cpu().eval()
    for layer in recogniser.network.recurrent:
        layer.directions = nn.ModuleList(ScannedRecurrence(folded_recurrence(one)) for one in layer.directions)
    example = torch.zeros(2, recogniser.config.features.sample_rate), torch.tensor([15000, 7000])
    dynamic = torch.export.Dim.DYNAMIC
    with torch.no_grad():
        return torch.export.export(recogniser, example, dynamic_shapes=({0: dynamic, 1: dynamic}, {0: dynamic}))
