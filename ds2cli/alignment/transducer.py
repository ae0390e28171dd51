"""When a transducer says each label of a known text: the best path through its own lattice (Graves 2012, section 2.4).

A path goes from frame to frame by blanks and from label to label at a frame; it ends with the last frame's blank.

    best[t, u] = max(best[t - 1, u] + log p(blank | t - 1, u), best[t, u - 1] + log p(label u | t, u - 1))
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ds2cli.errors import TextError
from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.text.spelled_text import SpelledText
from ds2cli.text.units import BLANK

BLOCK = 1 << 20   # log-probs computed at once
MOST = 1 << 28    # places of a lattice: a byte and some hundred thousand operations each
NEARBY = 100      # frames: a neighbour that is further away says nothing about where a word may begin


@dataclass(frozen=True)
class EmittedPath:
    """Where each label is said.

    frames     (L,) int32, not falling; several labels may share a frame
    log_probs  (L,) natural logs of each label's probability there, given all before it
    score      natural log of the whole path's probability, blanks included
    """

    frames: np.ndarray
    log_probs: np.ndarray
    score: float


@torch.inference_mode()
def emitted_path(head: TransducerHead, frames: np.ndarray, labels: np.ndarray, said: Sequence[int] = ()) -> EmittedPath:
    """The likeliest alignment of labels with frames, exact up to the rounding of float32.

    frames  (T, J) as `Recogniser.log_probs` gives them, T >= 1
    labels  (L,) unit indices
    said    labels that were said before the first frame
    raises  TextError where the lattice is too large
    """
    if len(frames) * (len(labels) + 1) > MOST:
        raise TextError(f"{len(labels):,} labels in {len(frames):,} frames are too many for a transducer's lattice")
    device = head.output.weight.device
    known = torch.as_tensor([*said, *labels], dtype=torch.int64, device=device)
    projected = head.projected_labels(known[None])[0, len(said) :]
    best = np.zeros(len(labels) + 1)
    by_label = np.zeros((len(frames), len(labels) + 1), bool)
    spoken = np.zeros((len(frames), len(labels)), np.float32)
    blank = np.zeros(len(labels) + 1)
    rows = _rows(head, torch.from_numpy(frames).to(device), projected, known[len(said) :])
    for t, (blanks, said_now) in enumerate(rows):
        spoken[t] = said_now
        best = best + blank if t else np.append(0.0, np.full(len(labels), -np.inf))
        # Along a frame's labels the maximum runs on: best[u] less the sum of all labels up to u.
        sums = np.append(0.0, np.cumsum(said_now, dtype=np.float64))
        from_before = best - sums
        running = np.maximum.accumulate(from_before)
        by_label[t] = running > from_before
        best, blank = running + sums, blanks
    return _traced(by_label, spoken, float(best[-1] + blank[-1]))


def _rows(
    head: TransducerHead, frames: Tensor, projected: Tensor, labels: Tensor
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each frame: log p of the blank after each number of labels (L + 1,), and of the next label (L,)."""
    step = max(1, BLOCK // (len(projected) * len(head.output.bias)))
    for first in range(0, len(frames), step):
        log_probs = head.joint(frames[first : first + step, None], projected)  # (t, L + 1, V)
        following = labels[None, :, None].expand(len(log_probs), -1, -1)
        blanks, next_labels = log_probs[..., BLANK], log_probs[:, :-1].gather(-1, following).squeeze(-1)
        yield from zip(blanks.cpu().numpy(), next_labels.cpu().numpy(), strict=True)


def _traced(by_label: np.ndarray, spoken: np.ndarray, score: float) -> EmittedPath:
    """Back from the end along the marks: whether each place of the lattice (T, L + 1) was reached by a label."""
    t, emitted = len(by_label) - 1, np.zeros(spoken.shape[1], np.int32)
    for u in range(len(emitted), 0, -1):
        while not by_label[t, u]:
            t -= 1
        emitted[u - 1] = t
    return EmittedPath(emitted, spoken[emitted, np.arange(len(emitted))], score)


def choose_spoken(head: TransducerHead, frames: np.ndarray, transcript: SpelledText, path: EmittedPath,
                  spellings: Sequence[Sequence[list[int]]]) -> SpelledText:
    """The transcript with each word as it is heard between its neighbours on a path; equal ways: the first.

    path       of the transcript as it stands
    spellings  every way to say each of its words
    """
    labels: list[int] = []
    starts = [0]
    for word, ways in enumerate(spellings):
        first, after = int(transcript.starts[word]), int(transcript.ends[word])
        chosen = transcript.labels[first:after].tolist()
        if len(ways) > 1:
            around = frames[slice(*_around(path.frames, first, after, len(frames)))]
            scores = [emitted_path(head, around, np.array(way, np.int32), labels).score for way in ways]
            chosen = ways[int(np.argmax(scores))]
        labels += [*chosen, *transcript.labels[after : transcript.starts[word + 1]].tolist()]
        starts.append(len(labels))
    return replace(transcript, labels=np.array(labels, np.int32), starts=np.array(starts, np.int32))


def _around(said: np.ndarray, first: int, after: int, n_frames: int) -> tuple[int, int]:
    """From the frame of the label before the labels first to after, up to that of the label behind; NEARBY at most."""
    begin = max(int(said[first - 1]) if first else 0, int(said[first]) - NEARBY)
    end = min(int(said[after]) + 1 if after < len(said) else n_frames, int(said[after - 1]) + NEARBY)
    return begin, max(end, int(said[after - 1]) + 1)
