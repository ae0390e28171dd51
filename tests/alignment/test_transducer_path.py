"""A transducer's best path is the best of all that its lattice has."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch

from ds2cli.alignment import transducer
from ds2cli.alignment.transducer import choose_spoken, emitted_path
from ds2cli.config import ModelConfig
from ds2cli.errors import TextError
from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.text.spelled_text import SpelledText
from ds2cli.text.units import BLANK

UNITS, JOINT = 4, 5


def random_head(seed: int, predictor: str = "lstm") -> TransducerHead:
    torch.manual_seed(seed)
    head = TransducerHead(ModelConfig(predictor=predictor, predictor_size=6, joint_size=JOINT), 3, UNITS).eval()
    with torch.no_grad():
        for weights in head.parameters():
            weights.copy_(torch.randn_like(weights))
    return head


def random_problem(seed: int, most_frames: int = 4, most_labels: int = 4):
    generator = np.random.default_rng(seed)
    frames = generator.normal(size=(generator.integers(1, most_frames + 1), JOINT)).astype(np.float32)
    labels = generator.integers(1, UNITS, size=generator.integers(0, most_labels + 1)).astype(np.int32)
    return random_head(seed, ("lstm", "stateless")[seed % 2]), frames, labels


@torch.no_grad()
def score(head: TransducerHead, frames: np.ndarray, labels, emitted) -> float:
    """By definition: label by label and blank by blank, each with what was said before it."""
    said, total = [], 0.0
    for t, frame in enumerate(torch.from_numpy(frames)):
        for label in [*(label for label, at in zip(labels, emitted, strict=True) if at == t), BLANK]:
            projected = head.projected_labels(torch.tensor([said], dtype=torch.int64))[0, -1]
            total += head.joint(frame, projected)[int(label)].item()
            said += [int(label)] if label != BLANK else []
    return total


@pytest.mark.parametrize("seed", range(60))
def test_the_best_path_is_the_best_of_all_paths(seed):
    head, frames, labels = random_problem(seed)
    ways = itertools.combinations_with_replacement(range(len(frames)), len(labels))
    best = max(score(head, frames, labels, way) for way in ways)
    path = emitted_path(head, frames, labels)
    assert path.score == pytest.approx(best, abs=1e-4)
    assert score(head, frames, labels, path.frames) == pytest.approx(best, abs=1e-4)
    assert (path.log_probs <= 0).all() and path.log_probs.shape == path.frames.shape == labels.shape


@pytest.mark.parametrize("seed", range(6))
def test_frames_may_be_read_in_blocks_and_what_was_said_before_counts(seed, monkeypatch):
    head, frames, labels = random_problem(seed, 40, 12)
    whole = emitted_path(head, frames, labels)
    monkeypatch.setattr(transducer, "BLOCK", 1)
    assert emitted_path(head, frames, labels).frames.tolist() == whole.frames.tolist()
    if not len(labels):
        return
    rest = emitted_path(head, frames[whole.frames[0] :], labels[1:], said=labels[:1])
    begun = whole.frames[1:] - whole.frames[0]
    assert rest.frames.tolist() == begun.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_a_word_takes_the_spelling_that_is_heard(seed):
    head, frames, _ = random_problem(seed, 8)
    ways = [[1], [1, 2], [3, 1], [2, 2, 3]]
    scores = [emitted_path(head, frames, np.array(way, np.int32)).score for way in ways]
    first = np.array(ways[0], np.int32)
    transcript = SpelledText("a", ["a"], [], first, np.array([0, 1], np.int32), Counter())
    chosen = choose_spoken(head, frames, transcript, emitted_path(head, frames, first), [ways])
    assert chosen.labels.tolist() == ways[int(np.argmax(scores))]
    assert chosen.starts.tolist() == [0, len(chosen.labels)]


def test_a_lattice_that_no_memory_holds_is_refused():
    with pytest.raises(TextError, match="too many for a transducer"):
        emitted_path(random_head(1), np.zeros((100_000, JOINT), np.float32), np.ones(50_000, np.int32))
