"""Streams: a one-directional network hears each chunk as it comes, and answers as if it had heard the whole.

Every layer keeps what it still needs: the front end the window's tail, a convolution the frames under its kernel, a
recurrence its state, the lookahead its future frames. What is kept does not grow with the stream. Streams pass in one
batch, each at its own place. Amodei et al. 2016 (arXiv:1512.02595), sections 3.7 and 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ds2cli import hints
from ds2cli.audio.features import Heard, hop_samples, n_bins, window_samples
from ds2cli.config import Config
from ds2cli.errors import UsageError
from ds2cli.inference.steps import ConvolutionSteps, LookaheadSteps, RecurrenceSteps
from ds2cli.model.encoder.recurrent import State
from ds2cli.model.network import time_stride
from ds2cli.model.recogniser import Recogniser


@dataclass
class Stream:
    """One speaker's place in the network; `Streams` moves it on.

    samples   (n,) heard, and still needed by the next window
    heard     the running mean's sum and count
    frames    for each convolution the (C, F, n) frames that its next outputs need
    skips     for each convolution how many frames to come its stride leaps over
    states    for each recurrent layer its state, (1, size) tensors
    future    (n, H) what the lookahead convolution has not answered yet
    n_samples, n_frames  heard, and answered, so far
    """

    samples: Tensor
    heard: Heard
    frames: list[Tensor]
    skips: list[int]
    states: list[State]
    future: Tensor
    n_samples: int = 0
    n_frames: int = 0


class Streams:
    """The network of a recogniser, for any number of streams at once.

    raises  UsageError where the model needs the future: a backward direction, or features of the whole utterance
    """

    def __init__(self, recogniser: Recogniser) -> None:
        refuse_the_future(recogniser.config)
        self.recogniser, self.frontend, self.network = recogniser.eval(), recogniser.frontend, recogniser.network
        self.running = recogniser.config.features.statistics == "running"
        self.window, self.hop = (size(recogniser.config.features) for size in (window_samples, hop_samples))
        layers: Any = self.network.convolutions
        self.convolutions = [ConvolutionSteps(layer) for layer in layers]
        layers = self.network.recurrent
        self.recurrences = [RecurrenceSteps(layer) for layer in layers]
        self.lookahead = None if self.network.lookahead is None else LookaheadSteps(self.network.lookahead)

    def start(self) -> Stream:
        """A stream before its first sample."""
        bins = n_bins(self.recogniser.config.features)
        x = self.frontend.mean.new_zeros(*((bins, 1) if self.network.one_dimensional else (1, bins)), 0)
        frames = []
        for convolution in self.convolutions:
            # Half a kernel of nothing before the first frame, as whole utterances are padded.
            frames.append(nn.functional.pad(x, (convolution.kernel[1] // 2, 0)))
            x = x.new_zeros(len(convolution.bias), convolution.bins(x.shape[1]), 0)
        size = self.recurrences[-1].size if self.recurrences else x.shape[0] * x.shape[1]
        states = [recurrence.layer.start(1) for recurrence in self.recurrences]
        return Stream(
            x.new_zeros(0), self.frontend.nothing_heard(1), frames, [0] * len(frames), states, x.new_zeros(0, size)
        )

    @torch.inference_mode()
    def accept(self, streams: Sequence[Stream], samples: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The log-probs (any, V) that new samples bring to each stream, or a transducer's frames (any, J); one pass of
        the network for all.

        samples  (any,) each, float32 amplitude at the model's rate
        """
        for stream, more in zip(streams, samples, strict=True):
            heard = torch.from_numpy(np.ascontiguousarray(more, np.float32)).to(stream.samples.device)
            stream.samples = torch.cat([stream.samples, heard])
            stream.n_samples += len(more)
        return self._answer(streams, last=False)

    @torch.inference_mode()
    def finish(self, streams: Sequence[Stream]) -> list[np.ndarray]:
        """The rest of each stream's log-probs after its last sample: with those before, the whole recording's."""
        for stream in streams:
            missing = self.window - stream.n_samples
            if missing > 0:  # a recording shorter than a window is padded to one
                stream.samples = nn.functional.pad(stream.samples, (0, missing))
        return self._answer(streams, last=True)

    def _answer(self, streams: Sequence[Stream], last: bool) -> list[np.ndarray]:
        xs = self._hear(streams)
        for layer, convolution in enumerate(self.convolutions):
            if not (last or any(x.shape[2] for x in xs)):
                return self._nothing(streams)
            xs = _convolve(convolution, streams, layer, xs, last)
        ys = [x.flatten(0, 1).t() for x in xs]  # (C, F, n) -> (n, C * F)
        if any(map(len, ys)):
            for layer, recurrence in enumerate(self.recurrences):
                ys = _recur(recurrence, streams, layer, ys)
        elif self.recurrences:
            ys = [y.new_zeros(0, self.recurrences[-1].size) for y in ys]
        if self.lookahead is not None:
            ys = _lookahead(self.lookahead, streams, ys, last)
        return self._log_probs(streams, ys) if any(map(len, ys)) else self._nothing(streams)

    def _log_probs(self, streams: Sequence[Stream], ys: list[Tensor]) -> list[np.ndarray]:
        """Frames (n, H) of each stream -> (n, V): the layers that follow know no time."""
        counts = [len(y) for y in ys]
        x = (torch.cat(ys) if len(ys) > 1 else ys[0])[:, None]  # (n, 1, H)
        if self.network.hidden:
            real = x.new_ones(1, len(x), dtype=torch.bool)
            for layer in self.network.hidden:
                x = layer(x, real)
        log_probs = self.network.readout(x)[:, 0].cpu().numpy()
        for stream, count in zip(streams, counts, strict=True):
            stream.n_frames += count
        return np.split(log_probs, np.cumsum(counts)[:-1]) if len(counts) > 1 else [log_probs]

    def _nothing(self, streams: Sequence[Stream]) -> list[np.ndarray]:
        return [np.zeros((0, self.recogniser.readout_size), np.float32) for _ in streams]

    def _hear(self, streams: Sequence[Stream]) -> list[Tensor]:
        """The new standardised features of each stream, (1, F, n), or (F, 1, n) for 1-D convolutions."""
        counts = [max((len(stream.samples) - self.window) // self.hop + 1, 0) for stream in streams]
        if len(streams) == 1:
            waveforms = streams[0].samples[None]
        else:
            waveforms = nn.utils.rnn.pad_sequence([stream.samples for stream in streams], batch_first=True)
        features = self.frontend.log_power(waveforms) if max(counts) else waveforms[:, :0, None]
        answers = []
        for stream, row, count in zip(streams, features, counts, strict=True):
            stream.samples = stream.samples[count * self.hop :]
            answers.append(self._standardise(stream, row[:count]).t()[:, None])
        return answers if self.network.one_dimensional else [x.transpose(0, 1) for x in answers]

    def _standardise(self, stream: Stream, features: Tensor) -> Tensor:
        if not len(features):
            return features.new_zeros(0, len(self.frontend.mean))
        if not self.running:
            return (features - self.frontend.mean) / (self.frontend.deviation + 1e-5)
        features, stream.heard = self.frontend.standardise_running(features[None], stream.heard)
        return features[0]


def _convolve(
    layer: ConvolutionSteps, streams: Sequence[Stream], number: int, xs: list[Tensor], last: bool
) -> list[Tensor]:
    """New frames (C, F, n) of each stream -> the (C', F', n') that they complete."""
    kernel, stride = layer.kernel[1], layer.stride[1]
    padding = kernel // 2 if last else 0
    held = []
    for stream, x in zip(streams, xs, strict=True):
        x = torch.cat([stream.frames[number], x], 2)
        if padding:
            x = nn.functional.pad(x, (0, padding))
        held.append(x[..., stream.skips[number] :])
        stream.skips[number] -= x.shape[2] - held[-1].shape[2]
    counts = [max((x.shape[2] - kernel) // stride + 1, 0) for x in held]
    for stream, x, count in zip(streams, held, counts, strict=True):
        stream.frames[number] = x[..., count * stride :]
        stream.skips[number] += max(count * stride - x.shape[2], 0)
    if not max(counts):
        return [x.new_zeros(len(layer.bias), layer.bins(x.shape[1]), 0) for x in xs]
    longest = max(x.shape[2] for x in held)
    y = layer(torch.stack([nn.functional.pad(x, (0, longest - x.shape[2])) for x in held]) if len(xs) > 1
              else held[0][None])  # fmt: skip
    return [row[..., :count] for row, count in zip(y, counts, strict=True)]


def _recur(layer: RecurrenceSteps, streams: Sequence[Stream], number: int, xs: list[Tensor]) -> list[Tensor]:
    """New frames (n, H) of each stream -> its (n, size).

    Streams with more frames go on without the others, so that nobody's state passes over padding.
    """
    if len(xs) == 1:
        y, streams[0].states[number] = layer(xs[0][:, None], streams[0].states[number])
        return [y[:, 0]]
    order = sorted(range(len(xs)), key=lambda i: -len(xs[i]))
    states = [streams[i].states[number] for i in order]
    state = tuple(torch.cat(parts) for parts in zip(*states, strict=True))
    answers: list[list[Tensor]] = [[] for _ in xs]
    begin = 0
    for end in sorted({len(x) for x in xs if len(x)}):
        going = [i for i in order if len(xs[i]) >= end]  # a beginning of `order`
        y, after = layer(
            torch.stack([xs[i][begin:end] for i in going], 1), tuple(part[: len(going)] for part in state)
        )
        state = tuple(torch.cat([new, old[len(going) :]]) for new, old in zip(after, state, strict=True))
        for place, i in enumerate(going):
            answers[i].append(y[:, place])
        begin = end
    for place, i in enumerate(order):
        streams[i].states[number] = tuple(part[place : place + 1] for part in state)
    return [torch.cat(parts) if parts else xs[i].new_zeros(0, layer.size) for i, parts in enumerate(answers)]


def _lookahead(layer: LookaheadSteps, streams: Sequence[Stream], xs: list[Tensor], last: bool) -> list[Tensor]:
    """(n, H) of each stream -> those of its frames whose future is known, or has ended."""
    answers = []
    for stream, x in zip(streams, xs, strict=True):
        held = torch.cat([stream.future, x])
        count = len(held) if last else max(len(held) - layer.future, 0)
        stream.future = held[count:]
        if last:
            held = nn.functional.pad(held, (0, 0, 0, layer.future))
        answers.append(layer(held) if count else held[:0])
    return answers


class Need(NamedTuple):
    """What a stream cannot have, and the settings that do without."""

    what: str
    cures: tuple[str, ...]


def needs_of_the_future(config: Config) -> list[Need]:
    """What a model needs that comes after what it is to answer."""
    features, needs = config.features, []
    if config.model.bidirectional and config.model.rnn_layers:
        needs.append(Need("recurrent layers in both directions", ("model.bidirectional=false", "model.lookahead=20")))
    if features.normalise_power:
        needs.append(Need("the power of the whole recording", ("features.normalise_power=false",)))
    if features.kind == "magnitude":
        needs.append(Need("frames that are centred on their times", ("features.kind=spectrogram",)))
    if features.statistics in ("adapted", "utterance", "overall"):
        what = f"the statistics of the whole recording (features.statistics = {features.statistics})"
        needs.append(Need(what, ("features.statistics=running",)))
    return needs


def refuse_the_future(config: Config) -> None:
    """raises  UsageError naming what a stream cannot have"""
    for what, cures in needs_of_the_future(config):
        raise UsageError(f"a stream cannot have what this model needs: {what}", hint=hints.set_for_streams(cures))


def algorithmic_latency(config: Config) -> float:
    """Seconds from a sound to the first answer that has heard all that the network wants to hear of its future.

    What each convolution's kernel hears after its middle, the lookahead's frames, and the feature window.
    """
    features, hop = config.features, config.features.hop_seconds
    frames, stride = 0, 1
    for kernel, step in zip(config.model.conv_kernels, config.model.conv_strides, strict=True):
        frames += (kernel[-1] - 1 - kernel[-1] // 2) * stride
        stride *= step[-1]
    return (frames + config.model.lookahead * time_stride(config.model)) * hop + features.window_seconds
