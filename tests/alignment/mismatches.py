"""Recordings whose text is not quite what is said, and how well an alignment copes."""

from dataclasses import dataclass

import numpy as np
from spoken import FRAMES_PER_LABEL, SPACE, speak, write

NEAR = 5  # frames: 0.2 s at 40 ms


@dataclass(frozen=True)
class Mismatch:
    """log_probs of what is said; labels and word_starts of what is written; truth (W,) its words' frames, or -1."""

    log_probs: np.ndarray
    labels: np.ndarray
    word_starts: np.ndarray
    truth: np.ndarray


def sentences(n_words: int, seed: int) -> list[np.ndarray]:
    """The words of a text cut into sentences of 6 to 20 words."""
    edges = np.cumsum(np.random.default_rng(seed).integers(6, 21, size=n_words // 6 + 1))
    return [part for part in np.split(np.arange(n_words), edges[edges < n_words]) if len(part)]


def clean(parts, draw):
    """Everything is written and said."""
    return np.concatenate(parts), np.concatenate(parts)


def scattered(parts, draw):
    """One sentence in ten is said but not written, one in twenty written but not said."""
    fate = draw.random(len(parts))
    return (np.concatenate([part for part, x in zip(parts, fate, strict=True) if x >= 0.05]),
            np.concatenate([part for part, x in zip(parts, fate, strict=True) if x < 0.9]))


def gaps(parts, draw):
    """A twentieth of the recording lacks its text, and a twentieth of the text lacks its recording."""
    n, size = len(parts), max(1, len(parts) // 20)
    said = parts[: n // 3] + parts[n // 3 + size :]
    written = parts[: 2 * n // 3] + parts[2 * n // 3 + size :]
    return np.concatenate(said), np.concatenate(written)


def edges(parts, draw):
    """Speech without text at both ends, a tenth of the recording each."""
    tenth = max(1, len(parts) // 10)
    return np.concatenate(parts), np.concatenate(parts[tenth:-tenth] or parts)


def swapped(parts, draw):
    """Two paragraphs, next to each other, change places."""
    n, size = len(parts), max(1, len(parts) // 12)
    a, b, c = n // 2 - size, n // 2, n // 2 + size
    return np.concatenate(parts), np.concatenate(parts[:a] + parts[b:c] + parts[a:b] + parts[c:])


KINDS = {kind.__name__: kind for kind in (clean, scattered, gaps, edges, swapped)}


def mismatch(kind: str, n_labels: int, error: float, seed: int, **voice) -> Mismatch:
    """A recording of about so many labels; `error` and `voice` as in `speak`."""
    labels, starts = write(n_labels, seed)
    said, written = KINDS[kind](sentences(len(starts) - 1, seed), np.random.default_rng(seed))
    spoken, spoken_starts = _spell(labels, starts, said)
    log_probs, frames = speak(spoken, error, seed, **voice)
    first_frame = np.full(len(starts) - 1, -1)
    first_frame[said] = frames[spoken_starts[:-1]]
    return Mismatch(log_probs, *_spell(labels, starts, written), first_frame[written])


def _spell(labels: np.ndarray, starts: np.ndarray, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pieces = [np.append(labels[starts[word] : starts[word + 1]], SPACE) for word in words]
    pieces = [piece[:-1] if len(piece) > 1 and piece[-2] == SPACE else piece for piece in pieces]
    lengths = np.cumsum([0, *map(len, pieces)])
    lengths[-1] -= 1
    return np.concatenate(pieces)[:-1].astype(np.int32), lengths.astype(np.int32)


@dataclass(frozen=True)
class Verdict:
    """Shares: spoken words that start within 0.2 s of the truth; unspoken labels timed; spoken labels left out."""

    near: float
    ghosts: float
    lost: float


def judge(case: Mismatch, label_starts: np.ndarray) -> Verdict:
    """How near to the truth an alignment (L,) is; of two swapped paragraphs one must be lost."""
    spoken = case.truth >= 0
    found = label_starts[case.word_starts[:-1]]
    lengths = np.diff(case.word_starts)
    timed = np.repeat(spoken, lengths), label_starts >= 0
    return Verdict(float((np.abs(found - case.truth)[spoken & (found >= 0)] <= NEAR).sum() / spoken.sum()),
                   float(timed[1][~timed[0]].mean()) if (~timed[0]).any() else 0.0, float((~timed[1])[timed[0]].mean()))


FRAMES_OF_20_MINUTES = 30_000
LABELS_OF_20_MINUTES = int(FRAMES_OF_20_MINUTES / FRAMES_PER_LABEL)
