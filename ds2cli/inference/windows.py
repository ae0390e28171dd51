"""Sound of any length to pieces that a network can hear: overlapping windows that know which frames to keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ds2cli.audio.features import hop_samples
from ds2cli.config import Config
from ds2cli.model.network import time_stride

PIECE_SECONDS = 30.0    # longer recordings pass in pieces, so that memory is bounded
CONTEXT_SECONDS = 4.0   # what a piece hears on either side of what is kept of it


@dataclass(frozen=True)
class Window:
    """Samples, and which of the frames that the network makes of them are kept: [first, last)."""

    samples: np.ndarray
    first: int
    last: int | None


def kept_frames(config: Config) -> int:
    """The network's output frames that every window but the last keeps."""
    return int(PIECE_SECONDS * config.features.sample_rate) // frame_samples(config)


def frame_samples(config: Config) -> int:
    """Samples from one frame of the network's output to the next."""
    return hop_samples(config.features) * time_stride(config.model)


def windows(blocks: Iterable[np.ndarray], config: Config) -> Iterator[Window]:
    """Sound whole where it is short, else in windows that begin on a frame of the network's output.

    blocks  (samples,) each, one after another; they may be of any length
    yields  windows whose kept frames together are the frames of the whole, each once
    """
    frame, kept = frame_samples(config), kept_frames(config)
    context = int(CONTEXT_SECONDS * config.features.sample_rate) // frame
    held, begins, start = np.zeros(0, np.float32), 0, 0  # held begins at frame `begins`; `start` is the next to keep
    for block in blocks:
        held = np.concatenate([held, block])
        # The last window takes the rest, so one is cut only where another whole one follows.
        while begins + len(held) // frame > start + 2 * kept:
            before = start - begins
            yield Window(held[: (before + kept + context) * frame], before, before + kept)
            start += kept
            dropped = max(start - context - begins, 0)
            held, begins = held[dropped * frame :], begins + dropped
    yield Window(held, start - begins, None)
