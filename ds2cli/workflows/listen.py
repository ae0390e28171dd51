"""Utterances to log-probs: read by threads, batched by length, long ones in overlapping windows, answers in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ds2cli.audio.features import hop_samples, window_samples
from ds2cli.audio.files import read_audio
from ds2cli.corpora.manifest import Utterance
from ds2cli.errors import AudioError
from ds2cli.model.network import time_stride
from ds2cli.model.recogniser import Recogniser
from ds2cli.workflows.in_order import in_order

WINDOW_UTTERANCES = 64  # sorted by length among themselves
BATCH_SECONDS = 120.0   # of padded audio in one pass of the network
PIECE_SECONDS = 30.0    # longer recordings pass in pieces, so that memory is bounded
CONTEXT_SECONDS = 4.0   # what a piece hears on either side of what is kept of it


@dataclass(frozen=True)
class Heard:
    """An utterance and what the network made of it; log_probs is None where it could not be read, and says why."""

    utterance: Utterance
    log_probs: np.ndarray | None
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class _Piece:
    """Samples of one utterance, and which of their frames are kept."""

    owner: int
    samples: np.ndarray
    first: int
    last: int | None


def listen(recogniser: Recogniser, utterances: Iterable[Utterance], jobs: int,
           watch: Callable[[Utterance], None] = lambda utterance: None) -> Iterator[Heard]:
    """Each utterance with its (T, V) log-probs, in order; unreadable ones with their problem.

    watch  is told of every utterance before it is read
    """
    features = recogniser.config.features

    def read(utterance: Utterance) -> np.ndarray | str:
        watch(utterance)
        duration = utterance.duration or None
        try:
            samples = read_audio(utterance.audio, features.sample_rate, utterance.offset, duration)
        except AudioError as problem:
            return str(problem)
        if len(samples) < window_samples(features):
            return f"`{utterance.audio}` is shorter than one window of {features.window_seconds:g} s"
        return samples

    remaining = iter(utterances)
    while window := list(islice(remaining, WINDOW_UTTERANCES)):
        waveforms = list(in_order(read, window, jobs))
        answers = _answers(recogniser, [one for one in waveforms if not isinstance(one, str)])
        for utterance, waveform in zip(window, waveforms, strict=True):
            if isinstance(waveform, str):
                yield Heard(utterance, None, problem=waveform)
            else:
                yield Heard(utterance, next(answers), len(waveform) / features.sample_rate)


def _answers(recogniser: Recogniser, waveforms: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Log-probs of waveforms, in their order; alike lengths share a batch."""
    pieces = [piece for owner, waveform in enumerate(waveforms) for piece in _pieces(recogniser, owner, waveform)]
    parts: list[np.ndarray | None] = [None] * len(pieces)
    by_length = sorted(range(len(pieces)), key=lambda i: -len(pieces[i].samples))
    for batch in _batches(by_length, [len(piece.samples) for piece in pieces], recogniser.config.features.sample_rate):
        for i, log_probs in zip(batch, recogniser.log_probs([pieces[i].samples for i in batch]), strict=True):
            parts[i] = log_probs[pieces[i].first : pieces[i].last]
    for owner in range(len(waveforms)):
        yield np.concatenate([part for piece, part in zip(pieces, parts, strict=True) if piece.owner == owner])


def _pieces(recogniser: Recogniser, owner: int, samples: np.ndarray) -> Iterator[_Piece]:
    """A waveform whole, or in overlapping windows that begin on a frame of the network's output."""
    settings = recogniser.config.features
    if len(samples) <= 2 * PIECE_SECONDS * settings.sample_rate:
        yield _Piece(owner, samples, 0, None)
        return
    frame = hop_samples(settings) * time_stride(recogniser.config.model)
    kept = int(PIECE_SECONDS * settings.sample_rate) // frame
    context = int(CONTEXT_SECONDS * settings.sample_rate) // frame
    total = len(samples) // frame
    for start in range(0, total, kept):
        if start and total - start < kept:
            break  # the piece before took the rest
        is_last = total - (start + kept) < kept
        before = min(context, start)
        end = len(samples) if is_last else (start + kept + context) * frame
        yield _Piece(owner, samples[(start - before) * frame : end], before, None if is_last else before + kept)


def _batches(order: list[int], lengths: list[int], sample_rate: int) -> Iterator[list[int]]:
    """Neighbours in length, up to BATCH_SECONDS once padded to the longest of them."""
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_SECONDS * sample_rate:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
