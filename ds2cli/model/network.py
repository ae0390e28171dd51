"""The Deep Speech 2 network, whole, on one page (Amodei et al. 2016, arXiv:1512.02595, figure 1)."""

import math

import torch
from torch import Tensor, nn

from ds2cli.audio.features import frame_mask
from ds2cli.config import ModelConfig
from ds2cli.model.encoder.layers import FullyConnected, Lookahead, MaskedConvolution, strided_length
from ds2cli.model.encoder.recurrent import RecurrentLayer
from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.text.units import BLANK


class Network(nn.Module):
    """Convolutions, recurrent layers, lookahead convolution, fully connected layers, log-softmax over the units.

    n_bins   F, bins of a feature frame
    n_units  V, the blank included
    ctc      whether a transducer's encoder also answers CTC's question, for an auxiliary loss
    prunes   whether its head has what prunes its loss

    Up to there it is the encoder, whose frames are (B, T', H). With CTC, `output` spells them; a transducer has `head`.
    """

    def __init__(
        self, settings: ModelConfig, n_bins: int, n_units: int, ctc: bool = True, prunes: bool = False
    ) -> None:
        super().__init__()
        self.settings = settings
        self.one_dimensional = bool(settings.conv_kernels) and len(settings.conv_kernels[0]) == 1
        norm = settings.batch_norm != "none"
        channels, bins = (n_bins, 1) if self.one_dimensional else (1, n_bins)
        convolutions = []
        for size, kernel, stride in zip(settings.conv_channels, *two_dimensional(settings), strict=True):
            convolutions.append(MaskedConvolution(channels, size, kernel, stride, norm))
            channels, bins = size, strided_length(bins, kernel[0], stride[0])
        self.convolutions = nn.ModuleList(convolutions)
        size = channels * bins
        layers = []
        for _ in range(settings.rnn_layers):
            layers.append(RecurrentLayer(size, settings))
            size = settings.rnn_size
        self.recurrent = nn.ModuleList(layers)
        self.lookahead = Lookahead(size, settings.lookahead) if settings.lookahead else None
        hidden = []
        for wanted in settings.fully_connected:
            hidden.append(FullyConnected(size, wanted, norm))
            size = wanted
        self.hidden = nn.ModuleList(hidden)
        self.dropout = nn.Dropout(settings.dropout)
        is_transducer = settings.head == "transducer"
        self.output = _ctc_output(size, n_units) if ctc or not is_transducer else None
        self.head = TransducerHead(settings, size, n_units, prunes) if is_transducer else None

    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """features  (B, T, F) standardised, zero beyond lengths (B,) int64
        returns   (B, T', V) natural-log probabilities, or a transducer's frames (B, T', H), and (B,) frames; T' is T
                  over the convolutions' strides in time
        """
        x, lengths = self._encoded(features, lengths)
        if self.head is not None:
            return x.transpose(0, 1), lengths
        return self.readout(x).transpose(0, 1), lengths

    def readout(self, encoded: Tensor) -> Tensor:
        """The encoder's frames (..., H) -> what a decoder reads: log-probs (..., V), or a transducer's frames as its
        joint layer adds them, (..., J)."""
        if self.head is not None:
            return self.head.encoder_projection(encoded).float()
        return self.ctc_log_probs(encoded)

    def ctc_log_probs(self, encoded: Tensor) -> Tensor:
        """The encoder's frames (..., H) -> (..., V), what CTC says of them, where `output` was trained."""
        return self.ctc_output(encoded).float().log_softmax(-1)

    @property
    def ctc_output(self) -> nn.Linear:
        """The layer that CTC reads, of a network that has one."""
        assert self.output is not None, "this network was built without CTC"
        return self.output

    @property
    def transducer(self) -> TransducerHead:
        """The head of a transducer."""
        assert self.head is not None, "this network is no transducer"
        return self.head

    def _encoded(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(T', B, H)"""
        x = features.transpose(1, 2)  # (B, F, T)
        x = x[:, :, None] if self.one_dimensional else x[:, None]  # (B, C, F, T)
        for convolution in self.convolutions:
            x, lengths = convolution(x, lengths)
        x = x.flatten(1, 2).permute(2, 0, 1)  # (B, C, F, T) -> (T, B, C * F)
        mask = frame_mask(lengths, x.shape[0])
        for layer in self.recurrent:
            x = self.dropout(layer(x, lengths, mask))
        if self.lookahead is not None:
            x = self.lookahead(x)
        for layer in self.hidden:
            x = self.dropout(layer(x, mask))
        return x, lengths


def _ctc_output(size: int, n_units: int) -> nn.Linear:
    """The layer before the softmax; the blank begins as likely as all other units together.

    With all V units alike, as fresh weights leave them, a small network spends its first epochs on finding out that
    most frames are blank (recipes/an4/README.md).
    """
    output = nn.Linear(size, n_units)
    with torch.no_grad():
        output.bias[BLANK] += math.log(max(n_units - 1, 1))
    return output


def n_output_frames(frames, settings: ModelConfig):
    """T -> T': log-prob frames for so many feature frames (a number or a tensor of them)."""
    for kernel, stride in zip(*two_dimensional(settings), strict=True):
        frames = strided_length(frames, kernel[1], stride[1])
    return frames


def time_stride(settings: ModelConfig) -> int:
    """Feature frames per log-prob frame."""
    total = 1
    for stride in settings.conv_strides:
        total *= stride[-1]
    return total


def two_dimensional(settings: ModelConfig) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Kernels and strides as (frequency, time); a 1-D convolution sees one row."""
    return [_pair(kernel) for kernel in settings.conv_kernels], [_pair(stride) for stride in settings.conv_strides]


def _pair(numbers: tuple[int, ...]) -> tuple[int, int]:
    frequency, time = (1, *numbers)[-2:]
    return frequency, time
