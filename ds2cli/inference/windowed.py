"""Streams for networks that need the future: windows with context on both sides, so words come late but come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ds2cli.audio.features import hop_samples
from ds2cli.config import Config
from ds2cli.model.network import time_stride
from ds2cli.model.recogniser import Recogniser

KEPT_SECONDS, PAST_SECONDS, FUTURE_SECONDS = 0.6, 4.0, 1.0


@dataclass
class WindowedStream:
    """One speaker's last seconds: samples from frame `begins` on; frames from `n_frames` on are not answered yet."""

    samples: np.ndarray
    begins: int = 0
    n_frames: int = 0


class WindowedStreams:
    """The interface of `Streams` over a network that hears whole utterances: every window is one.

    Each answers KEPT_SECONDS, with PAST_SECONDS and FUTURE_SECONDS of sound around them; the log-probs are near
    those of the whole recording, and not the same.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        features = recogniser.config.features
        self._frame = hop_samples(features) * time_stride(recogniser.config.model)  # samples
        seconds = (KEPT_SECONDS, PAST_SECONDS, FUTURE_SECONDS)
        self._kept, self._past, self._future = (int(part * features.sample_rate) // self._frame for part in seconds)

    def start(self) -> WindowedStream:
        """A stream before its first sample."""
        return WindowedStream(np.zeros(0, np.float32))

    def accept(self, streams: Sequence[WindowedStream], samples: Sequence[np.ndarray]) -> list[np.ndarray]:
        """As Streams.accept; streams whose windows are full share passes of the network."""
        for stream, more in zip(streams, samples, strict=True):
            stream.samples = np.concatenate([stream.samples, np.asarray(more, np.float32)])
        answers: list[list[np.ndarray]] = [[] for _ in streams]
        while full := [i for i, stream in enumerate(streams) if self._is_full(stream)]:
            windows = [self._window(streams[i]) for i in full]
            for i, log_probs in zip(full, self.recogniser.log_probs(windows), strict=True):
                first = streams[i].n_frames - streams[i].begins
                answers[i].append(log_probs[first : first + self._kept])
                self._move(streams[i])
        return [np.concatenate(parts) if parts else self._nothing() for parts in answers]

    def finish(self, streams: Sequence[WindowedStream]) -> list[np.ndarray]:
        """As Streams.finish."""
        ended = [i for i, stream in enumerate(streams) if len(stream.samples)]
        answers = [self._nothing() for _ in streams]
        for i, log_probs in (
            zip(ended, self.recogniser.log_probs([streams[i].samples for i in ended]), strict=True) if ended else ()
        ):
            answers[i] = log_probs[streams[i].n_frames - streams[i].begins :]
            streams[i].n_frames += len(answers[i])
        return answers

    def _nothing(self) -> np.ndarray:
        return np.zeros((0, self.recogniser.readout_size), np.float32)

    def _is_full(self, stream: WindowedStream) -> bool:
        return len(stream.samples) >= (stream.n_frames - stream.begins + self._kept + self._future) * self._frame

    def _window(self, stream: WindowedStream) -> np.ndarray:
        return stream.samples[: (stream.n_frames - stream.begins + self._kept + self._future) * self._frame]

    def _move(self, stream: WindowedStream) -> None:
        stream.n_frames += self._kept
        dropped = max(stream.n_frames - self._past - stream.begins, 0)
        stream.samples, stream.begins = stream.samples[dropped * self._frame :], stream.begins + dropped


def windowed_latency(config: Config) -> float:
    """Seconds from a sound to the latest answer to it."""
    return KEPT_SECONDS + FUTURE_SECONDS + config.features.window_seconds
