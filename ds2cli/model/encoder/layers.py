"""Convolutions, batch normalisation over valid frames, lookahead and fully connected layers.

Every layer takes a mask of the real frames and leaves zeros beyond them, so that an utterance's output does not depend
on its batch mates.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

CLIP = 20.0


def clipped_relu(x: Tensor) -> Tensor:
    """min(max(x, 0), 20) (Amodei et al. 2016, section 3.1)."""
    return nn.functional.hardtanh(x, 0.0, CLIP)


class SequenceBatchNorm(nn.Module):
    """Batch normalisation with mean and variance over all valid frames of all utterances of the minibatch.

    Amodei et al. 2016, section 3.2 ("sequence-wise"). The channels are dimension 1 of x. `exchange`, where there is
    one, gives the sum of a tensor over all processes: the statistics are then those of all processes together.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.exchange: Callable[[Tensor], Tensor] | None = None
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_variance", torch.ones(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x     (B, C, ..., T)
        mask  (B, T) bool
        returns  the shape of x; padding is not zeroed here
        """
        shape = [1, -1] + [1] * (x.dim() - 2)
        if self.training:
            mean, variance = self._batch_statistics(x, mask)
        else:
            mean, variance = self.running_mean, self.running_variance
        scale = self.weight * torch.rsqrt(variance + self.epsilon)
        return torch.addcmul((self.bias - mean * scale).view(shape), x, scale.view(shape))

    def _batch_statistics(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        over = [dimension for dimension in range(x.dim()) if dimension != 1]
        valid = mask.view(mask.shape[0], *[1] * (x.dim() - 2), mask.shape[1])
        count = mask.sum() * (x[0, 0].numel() // x.shape[-1])
        x = x.float() * valid
        # Sums of x and its square in one pass; x is of order 1 here, and float32 sums over 10^6 frames keep 1e-4 of it.
        sums = torch.stack([x.sum(over), x.square().sum(over), count.expand(x.shape[1]).float()])
        if self.exchange is not None:
            sums = _SumOverProcesses.apply(sums, self.exchange)
        mean = sums[0] / sums[2]
        variance = (sums[1] / sums[2] - mean.square()).clamp(min=0)
        with torch.no_grad():
            unbiased = variance * sums[2] / (sums[2] - 1).clamp(min=1)
            # A batch that overflows teaches nothing; its traces here would outlive it in every evaluation.
            healthy = torch.isfinite(unbiased)
            self.running_mean.lerp_(mean.where(healthy, self.running_mean), self.momentum)
            self.running_variance.lerp_(unbiased.where(healthy, self.running_variance), self.momentum)
        return mean, variance


class _SumOverProcesses(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx, x: Tensor, exchange: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.exchange = exchange
        return exchange(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        return ctx.exchange(gradient), None


class MaskedConvolution(nn.Module):
    """Convolution, batch normalisation, clipped rectifier; padding frames are zero.

    The paper's front end (section 3.5). A kernel of two numbers is (frequency, time); of one, time alone: a 1-D
    convolution is the 2-D one over a single row whose channels are the bins.
    """

    def __init__(
        self, channels_in: int, channels: int, kernel: tuple[int, int], stride: tuple[int, int], norm: bool
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.kernel, self.stride = kernel, stride
        self.convolution = nn.Conv2d(channels_in, channels, kernel, stride, padding, bias=not norm)
        self.norm = SequenceBatchNorm(channels) if norm else None

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, F, T), zero beyond lengths (B,) -> (B, C', F', T'), zero beyond the new lengths (B,)."""
        x = self._convolve(x)
        lengths = strided_length(lengths, self.kernel[1], self.stride[1])
        mask = torch.arange(x.shape[-1], device=x.device) < lengths[:, None]
        if self.norm is not None:
            x = self.norm(x, mask)
        return clipped_relu(x) * mask[:, None, None, :], lengths

    def _convolve(self, x: Tensor) -> Tensor:
        one = self.convolution
        if x.device.type != "cpu" or x.shape[2] == 1 or torch.jit.is_tracing():
            return one(x)
        # Over frequency and time, with few channels, oneDNN is up to six times as fast with channels last.
        weight, x = one.weight.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        return nn.functional.conv2d(x, weight, one.bias, self.stride, (self.kernel[0] // 2, self.kernel[1] // 2))

    def bins(self, bins: int) -> int:
        """F -> F'."""
        return strided_length(bins, self.kernel[0], self.stride[0])


def strided_length(length, kernel: int, stride: int):
    """Frames (or bins) that a convolution leaves, padded by half its kernel on both sides."""
    return (length + 2 * (kernel // 2) - kernel) // stride + 1


class Lookahead(nn.Module):
    """Lookahead (row) convolution: r_t[i] = sum_{j=0}^{tau} W[i, j] h_{t+j}[i] (Amodei et al. 2016, section 3.7).

    It begins as the identity: the network learns at first as it would without, and blurs nothing before it must.
    """

    def __init__(self, size: int, future: int) -> None:
        super().__init__()
        self.future = future
        self.convolution = nn.Conv1d(size, size, future + 1, groups=size, bias=False)
        nn.init.zeros_(self.convolution.weight)
        nn.init.ones_(self.convolution.weight[:, :, 0])

    def forward(self, x: Tensor) -> Tensor:
        """x (T, B, H), zero beyond each utterance -> (T, B, H)."""
        x = nn.functional.pad(x.permute(1, 2, 0), (0, self.future))
        return self.convolution(x).permute(2, 0, 1)


class FullyConnected(nn.Module):
    """A matrix, batch normalisation and the clipped rectifier, frame by frame."""

    def __init__(self, size_in: int, size: int, norm: bool) -> None:
        super().__init__()
        self.linear = nn.Linear(size_in, size, bias=not norm)
        self.norm = SequenceBatchNorm(size) if norm else None

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (T, B, H), mask (B, T) -> (T, B, size)."""
        x = self.linear(x)
        if self.norm is not None:
            x = normalise_frames(self.norm, x, mask)
        return clipped_relu(x)


Kind = TypeVar("Kind", bound=nn.Module)


def all_of(modules: nn.ModuleList, kind: type[Kind]) -> list[Kind]:
    """The modules of a list, all of one kind, which torch's types do not tell; unchecked: int8's have their place."""
    return cast(list[Kind], list(modules))


def replace_module(parent: nn.Module, **parts: nn.Module) -> None:
    """Put modules in the place of others of the same use, whatever their class."""
    for name, part in parts.items():
        setattr(parent, name, part)


def set_dropout(network: nn.Module, share: float) -> None:
    """Drop that share of activations in training from now on."""
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = share


def normalise_frames(norm: SequenceBatchNorm, x: Tensor, mask: Tensor) -> Tensor:
    """Batch normalisation of (T, B, H) over its valid frames, mask (B, T)."""
    return norm(x.permute(1, 2, 0), mask).permute(2, 0, 1)
