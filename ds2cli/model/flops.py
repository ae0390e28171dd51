"""Floating point operations of a network, counted before it runs: multiply-adds of matrices and convolutions."""

from collections.abc import Iterator

from ds2cli.config import ModelConfig
from ds2cli.model.encoder.layers import strided_length
from ds2cli.model.encoder.recurrent import GATES
from ds2cli.model.network import n_output_frames, two_dimensional

Count = tuple[str, int]  # a part of the network, and multiply-adds


def multiply_adds(
    settings: ModelConfig, n_bins: int, n_units: int, frames: int, n_labels: int = 0
) -> dict[str, int]:
    """Of listening once to one utterance of so many feature frames, by part of the network, in the order of its layers.

    Normalisation, activations and features are not counted: they are below a hundredth.

    n_labels  that a transducer says: its greedy search is counted, the CTC output beside it is not
    """
    totals: dict[str, int] = {}
    counts = [*_layers(settings, n_bins, n_units, frames)]
    if settings.head == "transducer":
        n_steps = n_output_frames(frames, settings) + n_labels
        counts += [*_prediction(settings, n_labels + 1), ("joint layer", settings.joint_size * n_units * n_steps)]
    for part, count in counts:
        totals[part] = totals.get(part, 0) + count
    return totals


def training_operations(settings: ModelConfig, n_bins: int, n_units: int, frames: int, n_labels: int = 0) -> int:
    """Floating point operations of learning once from one utterance of so many feature frames.

    A multiply-add is two operations. Forward, a layer is computed once; backward twice, for its weights' gradient and
    for its input's, which nobody asks of the first layer.

    n_labels  of the text, for a transducer: its joint layer is computed at every frame after every number of labels,
              twice forward (`TransducerLosses`) and twice backward; where no path passes, only once forward, so this is
              the most. CTC beside it (`loss.ctc_weight`) is not counted
    """
    counts = [count for _, count in _layers(settings, n_bins, n_units, frames)]
    operations = 2 * (3 * sum(counts) - counts[0])
    if settings.head == "transducer":
        places = n_output_frames(frames, settings) * (n_labels + 1)
        operations += 2 * 3 * sum(count for _, count in _prediction(settings, n_labels + 1))
        operations += 2 * 4 * settings.joint_size * n_units * places
    return operations


def _prediction(settings: ModelConfig, n_steps: int) -> Iterator[Count]:
    """A transducer's prediction network, and what the joint layer adds of it, so many times."""
    size = settings.predictor_size
    yield "prediction network", n_steps * size * size * (2 * GATES["lstm"] if settings.predictor == "lstm" else 2)
    yield "prediction network", n_steps * size * settings.joint_size


def _layers(settings: ModelConfig, n_bins: int, n_units: int, frames: int) -> Iterator[Count]:
    """Every product of weights and activations up to the output, or to a transducer's joint layer; the one that reads
    the features first."""
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
    for wanted in (*settings.fully_connected, settings.joint_size if settings.head == "transducer" else n_units):
        yield "fully connected", wanted * size * frames
        size = wanted
