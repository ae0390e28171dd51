"""CR-CTC's divergence against its definition."""

import pytest
import torch

from ds2cli.training.losses.consistency import consistency_losses

pytestmark = pytest.mark.usefixtures("one_thread")


def test_consistency_is_the_divergence_of_each_view_from_the_other_held_still():
    """0.5 KL(sg(b) | a) + 0.5 KL(sg(a) | b), summed over the frames of each utterance."""
    torch.manual_seed(3)
    logits = torch.randn(4, 5, 3, requires_grad=True)
    log_probs, frames = logits.log_softmax(-1), torch.tensor([5, 3, 5, 3])
    found = consistency_losses(log_probs, frames, 2)
    a, b = log_probs[:2], log_probs[2:]
    kl = torch.nn.functional.kl_div
    for row, count in enumerate((5, 3)):
        one, other = a[row, :count], b[row, :count]
        expected = 0.5 * kl(one, other, reduction="sum", log_target=True)
        expected += 0.5 * kl(other, one, reduction="sum", log_target=True)
        assert found[row].item() == pytest.approx(expected.item(), rel=1e-5)
    views = (a, b.detach()), (b, a.detach())
    held = 0.5 * sum(kl(moving, still, reduction="none", log_target=True) for moving, still in views)
    expected = (held.sum(-1) * torch.tensor([[1.0] * 5, [1.0] * 3 + [0.0] * 2])).sum()
    for mine, theirs in zip(
        torch.autograd.grad(found.sum(), logits, retain_graph=True), torch.autograd.grad(expected, logits), strict=True
    ):
        assert torch.allclose(mine, theirs, atol=1e-6)
    assert consistency_losses(torch.cat([a, a]), frames, 2).abs().max() < 1e-6
