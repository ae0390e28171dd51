"""Batch normalisation over valid frames against torch's, which is given the valid frames alone."""

import pytest
import torch

from ds2cli.audio.features import frame_mask
from ds2cli.model.encoder.layers import SequenceBatchNorm

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("shape", [(4, 3, 9), (4, 3, 5, 9)], ids=["1-D", "2-D"])
def test_forward_gradient_and_running_statistics_equal_torchs_on_the_valid_frames(shape):
    torch.manual_seed(1)
    ours, theirs = SequenceBatchNorm(3), torch.nn.BatchNorm1d(3)
    with torch.no_grad():
        for mine, other in ((ours.weight, theirs.weight), (ours.bias, theirs.bias)):
            mine.normal_()
            other.copy_(mine)
    mask = frame_mask(torch.tensor([9, 2, 5, 1]), 9)
    keep = mask.view(4, *[1] * (len(shape) - 3), 9).expand(4, *shape[2:])  # (B, ..., T)
    for training in (True, True, False):
        ours.train(training), theirs.train(training)
        x = (3 * torch.randn(shape) + 2).requires_grad_()
        out, expected = ours(x, mask).movedim(1, -1)[keep], theirs(x.movedim(1, -1)[keep])
        assert torch.allclose(out, expected, atol=1e-5)
        pull = torch.randn_like(out)
        wanted = (x, ours.weight, ours.bias)
        found = torch.autograd.grad((out * pull).sum(), wanted)
        right = torch.autograd.grad((expected * pull).sum(), (x, theirs.weight, theirs.bias))
        for mine, other in zip(found, right, strict=True):
            assert torch.allclose(mine, other, atol=1e-4)
        assert torch.allclose(ours.running_mean, theirs.running_mean, atol=1e-6)
        assert torch.allclose(ours.running_variance, theirs.running_var, atol=1e-5)


def test_padding_reaches_neither_statistics_nor_gradient():
    torch.manual_seed(2)
    mask = frame_mask(torch.tensor([6, 3]), 6)
    x = torch.randn(2, 3, 6)
    outputs = []
    for padding in (0.0, 1000.0):
        norm = SequenceBatchNorm(3)
        filled = torch.where(mask[:, None], x, torch.tensor(padding)).requires_grad_()
        out = norm(filled, mask) * mask[:, None]
        (gradient,) = torch.autograd.grad(out.square().sum(), filled)
        assert not gradient.masked_select(~mask[:, None]).any()
        outputs.append((out.detach(), gradient, norm.running_mean, norm.running_variance))
    for first, second in zip(*outputs, strict=True):
        assert torch.equal(first, second)


def test_a_batch_that_is_not_finite_leaves_no_trace():
    norm = SequenceBatchNorm(2)
    x = torch.randn(1, 2, 5)
    x[0, 1, 3] = float("nan")
    assert not norm(x, torch.ones(1, 5, dtype=torch.bool)).isfinite().all()
    assert norm.running_mean.isfinite().all() and norm.running_variance.isfinite().all()
    assert norm.running_mean[0] != 0  # the other channel learned


def test_one_frame_in_all_has_no_variance_and_stays_finite():
    norm = SequenceBatchNorm(2)
    out = norm(torch.randn(1, 2, 1), torch.ones(1, 1, dtype=torch.bool))
    assert out.isfinite().all() and norm.running_variance.isfinite().all()


def test_a_large_offset_costs_little_precision():
    """The one-pass variance, where it is weakest: a mean of ten deviations over many frames."""
    torch.manual_seed(3)
    x = torch.randn(8, 2, 4000) + 10
    norm = SequenceBatchNorm(2)
    out = norm(x, torch.ones(8, 4000, dtype=torch.bool))
    exact = torch.nn.functional.batch_norm(x.double(), None, None, training=True)
    assert (out - exact).abs().max() < 1e-3
