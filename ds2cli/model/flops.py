"""What a network costs, counted before anything runs: multiply-adds of its matrices and convolutions."""

from collections.abc import Iterator

from ds2cli.config import ModelConfig
from ds2cli.model.encoder.layers import strided_length
from ds2cli.model.encoder.recurrent import GATES
from ds2cli.model.network import two_dimensional

Count = tuple[str, int]  # a part of the network, and multiply-adds


def multiply_adds(settings: ModelConfig, n_bins: int, n_units: int, frames: int) -> dict[str, int]:
    """Of listening once to one utterance of so many feature frames, by part of the network, in the order of its layers.

    Normalisation, activations and features are not counted: they are below a hundredth.
    """
    totals: dict[str, int] = {}
    for part, count in _layers(settings, n_bins, n_units, frames):
        totals[part] = totals.get(part, 0) + count
    return totals


def training_operations(settings: ModelConfig, n_bins: int, n_units: int, frames: int) -> int:
    """Floating point operations of learning once from one utterance of so many feature frames.

    A multiply-add is two operations. Forward, a layer is computed once; backward twice, for its weights' gradient and
    for its input's, which nobody asks of the first layer.
    """
    counts = [count for _, count in _layers(settings, n_bins, n_units, frames)]
    return 2 * (3 * sum(counts) - counts[0])


def _layers(settings: ModelConfig, n_bins: int, n_units: int, frames: int) -> Iterator[Count]:
    """Every product of weights and activations, the one that reads the features first."""
    kernels, strides = two_dimensional(settings)
    one_dimensional = bool(settings.conv_kernels) and len(settings.conv_kernels[0]) == 1
    channels, bins = (n_bins, 1) if one_dimensional else (1, n_bins)
    for wanted, kernel, stride in zip(settings.conv_channels, kernels, strides, strict=True):
        bins, frames = strided_length(bins, kernel[0], stride[0]), strided_length(frames, kernel[1], stride[1])
        yield "convolutions", wanted * channels * kernel[0] * kernel[1] * bins * frames
        channels = wanted
    size = channels * bins
    gates, directions = GATES[settings.rnn] * settings.rnn_size, 2 if settings.bidirectional else 1
    for _ in range(settings.rnn_layers):
        yield "recurrences", directions * gates * size * frames
        yield "recurrences", directions * gates * settings.rnn_size * frames
        size = settings.rnn_size
    if settings.lookahead:
        yield "lookahead", (settings.lookahead + 1) * size * frames
    for wanted in (*settings.fully_connected, n_units):
        yield "fully connected", wanted * size * frames
        size = wanted
