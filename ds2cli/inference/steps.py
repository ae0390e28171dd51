"""A network's layers for a few frames at a time: plain matrices, batch normalisation folded in.

What is fast for whole utterances is slow for a frame or two: oneDNN's recurrence lays out its weights anew at every
call (0.6 ms of one thread for an LSTM of 256, where a step's products take 0.14), and each normalisation is a pass of
its own. Long chunks, and other devices than processors, take the layers as they are: the same numbers, to rounding.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ds2cli.model.encoder.layers import Lookahead, MaskedConvolution, clipped_relu
from ds2cli.model.encoder.recurrent import CLIPS, RecurrentLayer, State
from ds2cli.model.fold_batch_norm import Matrices, folded_convolution, folded_recurrence, scale_and_shift
from ds2cli.model.quantised import QuantisedRecurrence

FEW = 10  # frames, up to which steps are faster


class ConvolutionSteps:
    """A convolution over streams' frames: nothing is padded in time."""

    def __init__(self, layer: MaskedConvolution) -> None:
        self.kernel, self.stride, self.bins = layer.kernel, layer.stride, layer.bins
        self.weight, self.bias = folded_convolution(layer)
        self._matrix, self._column = self.weight.flatten(1), self.bias[:, None]

    def __call__(self, x: Tensor) -> Tensor:
        """(B, C, F, n) -> (B, C', F', n')."""
        if len(x) == 1 and x.shape[3] < self.kernel[1] + self.stride[1] and x.device.type == "cpu":
            return self._one_frame(x[0, ..., : self.kernel[1]])
        x = nn.functional.conv2d(x, self.weight, self.bias, self.stride, (self.kernel[0] // 2, 0))
        return clipped_relu(x)

    def _one_frame(self, x: Tensor) -> Tensor:
        """(C, F, kernel) -> (1, C', F', 1): one product of matrices, half the time of a convolution's setting up."""
        height, stride = self.kernel[0], self.stride[0]
        patches = nn.functional.pad(x, (0, 0, height // 2, height // 2)).unfold(1, height, stride)  # (C, F', T, F)
        patches = patches.permute(0, 3, 2, 1).reshape(self._matrix.shape[1], -1)
        return clipped_relu(torch.addmm(self._column, self._matrix, patches))[None, :, :, None]


class RecurrenceSteps:
    """One recurrent layer in one direction, in evaluation."""

    def __init__(self, layer: RecurrentLayer) -> None:
        self.layer, self.size = layer, layer.size
        self._is_folded = not isinstance(layer.directions[0], QuantisedRecurrence)
        if self._is_folded:
            self._fold(layer)

    def _fold(self, layer: RecurrentLayer) -> None:
        direction: Any = layer.directions[0]
        matrices = folded_recurrence(direction)
        self.kind = matrices.kind
        self._input, self._bias = _normalised(layer, matrices)
        self._recurrent = matrices.recurrent.t().contiguous()
        # The GRU's reset gate multiplies its own bias too; everywhere else the two biases are one.
        self._recurrent_bias = matrices.recurrent_bias
        if self.kind != "gru":
            self._bias = self._bias + matrices.recurrent_bias

    def __call__(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """More frames x (T, B, H) -> (T, B, size), and the state after them."""
        if len(x) > FEW or x.device.type != "cpu" or not self._is_folded:
            return self.layer.advance(x, state)
        arriving = torch.addmm(self._bias, x.flatten(0, 1), self._input).view(len(x), x.shape[1], -1)
        steps: dict[str, Callable[..., State]] = {"gru": self._gru, "lstm": self._lstm}
        step = steps.get(self.kind, self._rectify)
        outputs = []
        for now in arriving.unbind():
            state = step(now, *state)
            outputs.append(state[0])
        return (torch.stack(outputs) if len(outputs) > 1 else outputs[0][None]), state

    def _rectify(self, now: Tensor, h: Tensor) -> State:
        return (torch.addmm(now, h, self._recurrent).clamp_(0.0, CLIPS[self.kind]),)

    def _gru(self, now: Tensor, h: Tensor) -> State:
        reset, update, candidate = now.chunk(3, 1)
        reset_h, update_h, candidate_h = torch.addmm(self._recurrent_bias, h, self._recurrent).chunk(3, 1)
        keep = torch.sigmoid(update + update_h)
        new = torch.tanh(candidate + torch.sigmoid(reset + reset_h) * candidate_h)
        return (new + keep * (h - new),)

    def _lstm(self, now: Tensor, h: Tensor, cell: Tensor) -> State:
        admit, keep, new, show = torch.addmm(now, h, self._recurrent).chunk(4, 1)
        cell = torch.sigmoid(keep).mul_(cell).addcmul_(torch.sigmoid(admit), torch.tanh(new))
        return torch.sigmoid(show).mul_(torch.tanh(cell)), cell


def _normalised(layer: RecurrentLayer, matrices: Matrices) -> tuple[Tensor, Tensor]:
    """(I, G * H) and (G * H,): the input's matrix and bias, after the layer's own normalisation."""
    if layer.norm is None:
        return matrices.input.t().contiguous(), matrices.bias
    scale, shift = scale_and_shift(layer.norm)
    return (matrices.input * scale).t().contiguous(), matrices.bias + matrices.input @ shift


class LookaheadSteps:
    """The lookahead convolution of frames whose future is known."""

    def __init__(self, layer: Lookahead) -> None:
        self.future = layer.future
        self._weight = layer.convolution.weight.detach()
        self._by_frame = self._weight[:, 0].t().contiguous()  # (future + 1, H)

    def __call__(self, x: Tensor) -> Tensor:
        """(n + future, H) -> (n, H)."""
        count = len(x) - self.future
        if count > FEW:
            return nn.functional.conv1d(x.t()[None], self._weight, groups=x.shape[1])[0].t()
        return torch.stack([(x[at : at + self.future + 1] * self._by_frame).sum(0) for at in range(count)])
