"""The pruned loss: the whole one at full width, the paths within its places at any other."""

import itertools

import pytest
import torch

from ds2cli.config import LossConfig, ModelConfig
from ds2cli.model.network import Network
from ds2cli.training.losses.lattice import LatticeLosses, paths
from ds2cli.training.losses.pruned import (
    least_size,
    pruned_losses,
    simple_and_pruned,
    simple_log_probs,
    window_starts,
)
from ds2cli.training.losses.transducer import TransducerLosses, transducer_losses

pytestmark = pytest.mark.usefixtures("one_thread")

FRAMES, N_LABELS = torch.tensor([6, 2, 9]), torch.tensor([5, 3, 0])
UNITS, JOINT = 4, 3


def made_up(seed: int = 0, dtype=torch.float64):
    """simple (heard, said), joint (heard, said, weight, bias), targets."""
    torch.manual_seed(seed)
    n_frames, n_places = int(FRAMES.max()), int(N_LABELS.max()) + 1
    simple = torch.randn(3, n_frames, UNITS), torch.randn(3, n_places, UNITS)
    joint = [torch.randn(3, n_frames, JOINT), torch.randn(3, n_places, JOINT)]
    joint += [torch.randn(UNITS, JOINT), torch.randn(UNITS)]
    targets = torch.randint(1, UNITS, (3, n_places - 1))
    return [one.to(dtype) for one in simple], [one.to(dtype) for one in joint], targets


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
def test_at_full_width_it_is_the_whole_loss_with_its_gradients(dtype, tolerance):
    simple, joint, targets = made_up(dtype=dtype)
    for size in (6, 100):
        leaves = [one.clone().requires_grad_() for one in joint]
        _, losses = simple_and_pruned(simple, leaves, size, FRAMES, targets, N_LABELS)
        others = [one.clone().requires_grad_() for one in joint]
        expected = transducer_losses(*others, FRAMES, targets, N_LABELS)
        assert torch.allclose(losses, expected, atol=tolerance)
        found, wanted = (torch.autograd.grad(one.sum(), of) for one, of in ((losses, leaves), (expected, others)))
        for one, other in zip(found, wanted, strict=True):
            assert torch.allclose(one, other, atol=10 * tolerance)


def test_the_simple_joiners_log_probs_are_a_softmax_of_sums():
    (heard, said), _, targets = made_up()
    following = torch.nn.functional.pad(targets, (0, 1))
    blanks, labels = simple_log_probs(heard, said, following)
    log_probs = (heard[:, :, None] + said[:, None]).log_softmax(-1)
    assert torch.allclose(blanks, log_probs[..., 0])
    index = following[:, None, :, None].expand(-1, heard.shape[1], -1, -1)
    assert torch.allclose(labels, log_probs.gather(-1, index).squeeze(-1))


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("size", [2, 3, 5])
def test_windows_hold_paths_from_the_beginning_to_the_end(seed, size):
    torch.manual_seed(seed)
    size = max(size, least_size(FRAMES, N_LABELS))
    passing = torch.rand(3, 9, 6) ** 8
    starts = window_starts(passing, FRAMES, N_LABELS, size)
    for row, (frames, n_labels) in enumerate(zip(FRAMES.tolist(), N_LABELS.tolist(), strict=True)):
        own = starts[row, :frames].tolist()
        assert own[0] == 0 and own[-1] == max(n_labels + 1 - size, 0)
        assert all(0 <= after - before <= size - 1 for before, after in itertools.pairwise(own))
        assert all(start + size <= 6 for start in own)


@pytest.mark.parametrize("seed", range(5))
def test_paths_outside_are_left_out_and_no_others(seed):
    _, joint, targets = made_up(seed)
    heard, said, weight, bias = joint
    following = torch.nn.functional.pad(targets, (0, 1))
    size = 4
    starts = window_starts(torch.rand(3, 9, 6), FRAMES, N_LABELS, size)
    losses = pruned_losses(*joint, following, starts, size, FRAMES, N_LABELS)
    log_probs = (torch.tanh(heard[:, :, None] + said[:, None]) @ weight.t() + bias).log_softmax(-1)
    place = torch.arange(6)
    inside = (place >= starts[..., None]) & (place < starts[..., None] + size)
    blanks = log_probs[..., 0].where(inside, float("-inf"))
    index = following[:, None, :, None].expand(-1, 9, -1, -1)
    labels = log_probs.gather(-1, index).squeeze(-1).where(inside, float("-inf"))
    assert torch.allclose(losses, -paths(blanks, labels, FRAMES, N_LABELS)[0])
    assert losses.isfinite().all() and (losses >= transducer_losses(*joint, FRAMES, targets, N_LABELS) - 1e-9).all()


def test_the_gradients_are_the_slopes_of_the_losses():
    simple, joint, targets = made_up()
    leaves = [one.requires_grad_() for one in (*simple, *joint)]
    following = torch.nn.functional.pad(targets, (0, 1))
    starts = window_starts(torch.rand(3, 9, 6), FRAMES, N_LABELS, 4)

    def both(*x):
        lattice = LatticeLosses.apply(*simple_log_probs(*x[:2], following), FRAMES, N_LABELS)
        return lattice, pruned_losses(*x[2:], following, starts, 4, FRAMES, N_LABELS)

    assert torch.autograd.gradcheck(both, leaves)


def test_a_network_learns_by_it_and_is_judged_by_the_whole_loss():
    settings = ModelConfig(
        conv_channels=(4,), conv_kernels=((5,),), conv_strides=((2,),), rnn_layers=1, rnn_size=8, head="transducer",
        predictor_size=6, joint_size=7,
    )  # fmt: skip
    torch.manual_seed(1)
    network = Network(settings, 10, 5, ctc=False, prunes=True)
    encoded, frames = network(torch.randn(2, 20, 10), torch.tensor([20, 12]))
    given = encoded, frames, torch.tensor([[1, 2, 3, 1, 4], [4, 4, 1, 0, 0]]), torch.tensor([5, 3])
    pruned, whole = (TransducerLosses(network, LossConfig(ctc_weight=0.0, prune=prune)) for prune in (3, 0))
    learned = pruned(*given)
    gradients = torch.autograd.grad(learned.mean(), list(network.parameters()))
    assert all(one.any() for one in gradients)
    with torch.no_grad():
        assert torch.equal(pruned(*given), whole(*given)) and (learned > whole(*given)).all()
