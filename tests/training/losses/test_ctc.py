"""The CTC loss against every path; what cannot be spelled teaches nothing and harms nobody."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ds2cli.decoding.greedy import best_path
from ds2cli.training.losses.ctc import ctc_losses, utterance_mean

pytestmark = pytest.mark.usefixtures("one_thread")


def collapse(path) -> list[int]:
    return [unit for unit, _ in itertools.groupby(path) if unit != 0]


@settings(max_examples=60, deadline=None)
@given(frames=st.integers(1, 5), target=st.lists(st.integers(1, 2), max_size=3), seed=st.integers(0, 999))
def test_the_loss_sums_every_path_that_spells_the_target(frames, target, seed):
    torch.manual_seed(seed)
    log_probs = torch.randn(1, frames, 3, dtype=torch.float64).log_softmax(-1)
    scores = log_probs[0].numpy()
    paths = [path for path in itertools.product(range(3), repeat=frames) if collapse(path) == target]
    expected = -np.logaddexp.reduce([scores[range(frames), path].sum() for path in paths]) if paths else np.inf
    labels = torch.tensor([target or [0]])
    found = ctc_losses(log_probs, torch.tensor([frames]), labels, torch.tensor([len(target)]))
    assert found.tolist() == pytest.approx([expected])


def test_the_best_path_collapses_as_the_loss_does():
    for path in itertools.product(range(3), repeat=5):
        assert best_path(np.log(np.eye(3)[list(path)] + 1e-9)) == collapse(path)


def batch_with_one_impossible() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    logits = torch.randn(3, 4, 3, requires_grad=True)
    targets = torch.tensor([[1, 2, 0], [1, 1, 1], [2, 0, 0]])  # three ones in a row need five frames
    return logits, torch.tensor([4, 4, 3]), targets, torch.tensor([2, 3, 1])


def test_an_impossible_target_costs_infinity_and_has_no_gradient():
    logits, frames, targets, lengths = batch_with_one_impossible()
    losses = ctc_losses(logits.log_softmax(-1), frames, targets, lengths)
    assert torch.isinf(losses).tolist() == [False, True, False]
    loss, finite = utterance_mean(losses, 3)
    assert finite.tolist() == [True, False, True]
    loss.backward()
    assert logits.grad.isfinite().all()
    assert not logits.grad[1].any()


def test_an_impossible_target_leaves_the_others_as_they_were():
    logits, frames, targets, lengths = batch_with_one_impossible()
    loss, _ = utterance_mean(ctc_losses(logits.log_softmax(-1), frames, targets, lengths), 3)
    (gradient,) = torch.autograd.grad(loss, logits)
    others = [0, 2]
    alone = ctc_losses(logits[others].log_softmax(-1), frames[others], targets[others], lengths[others]).sum() / 3
    (expected,) = torch.autograd.grad(alone, logits)
    assert torch.allclose(loss, alone)
    assert torch.allclose(gradient, expected, atol=1e-7)


def test_frames_beyond_an_utterance_cost_nothing():
    torch.manual_seed(2)
    log_probs = torch.randn(1, 6, 3).log_softmax(-1)
    longer = torch.cat([log_probs, torch.randn(1, 3, 3)], 1)
    rest = torch.tensor([6]), torch.tensor([[1, 2]]), torch.tensor([2])
    assert torch.equal(ctc_losses(log_probs, *rest), ctc_losses(longer, *rest))
