"""The transducer's loss against every path there is: its sums, its gradients, and what must change nothing."""

import itertools

import pytest
import torch
from torch import Tensor

from ds2cli.config import LossConfig, ModelConfig
from ds2cli.model.network import Network
from ds2cli.training.losses import transducer
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.lattice import paths
from ds2cli.training.losses.transducer import TransducerLosses, transducer_losses

pytestmark = pytest.mark.usefixtures("one_thread")

FRAMES, TARGETS = (4, 1, 3, 5), ([1, 2, 2], [3], [], [3, 1])


def made_up(frames=FRAMES, targets=TARGETS, n_units: int = 4, size: int = 3, seed: int = 0, dtype=torch.float64):
    """heard, said, weight, bias; and the lengths and labels."""
    torch.manual_seed(seed)
    n_labels = max(map(len, targets))
    floats = [torch.randn(len(frames), max(frames), size), torch.randn(len(frames), n_labels + 1, size),
              2 * torch.randn(n_units, size), torch.randn(n_units)]  # fmt: skip
    labels = torch.zeros(len(frames), max(n_labels, 1), dtype=torch.int64)
    for row, target in zip(labels, targets, strict=True):
        row[: len(target)] = torch.tensor(target, dtype=torch.int64)
    lengths = torch.tensor(frames), labels, torch.tensor([len(target) for target in targets])
    return [one.to(dtype) for one in floats], lengths


def every_path(heard: Tensor, said: Tensor, weight: Tensor, bias: Tensor, target: list[int]) -> Tensor:
    """-log p of one utterance (T, J), (U + 1, J), path by path; torch goes backwards through it."""
    log_probs = (torch.tanh(heard[:, None] + said) @ weight.t() + bias).log_softmax(-1)
    n_frames, scores = len(heard), []
    # A path ends with a blank; before that, its labels may come after any number of the other blanks.
    for times in itertools.combinations_with_replacement(range(n_frames), len(target)):
        score = sum(log_probs[t, u, label] for u, (t, label) in enumerate(zip(times, target, strict=True)))
        said_by = [sum(time <= t for time in times) for t in range(n_frames)]
        scores.append(score + sum(log_probs[t, u, 0] for t, u in enumerate(said_by)))
    return -torch.logsumexp(torch.stack(scores), 0)


def expected_losses(floats, targets=TARGETS, frames=FRAMES) -> Tensor:
    heard, said, weight, bias = floats
    rows = enumerate(zip(frames, targets, strict=True))
    return torch.stack([
        every_path(heard[row, :count], said[row, : len(target) + 1], weight, bias, target)
        for row, (count, target) in rows
    ])  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize("block", [1, 20, 1 << 20])
@pytest.mark.parametrize("weights", [[1.0] * 4, [1.0, 0.0, 0.3, 2.0]])
def test_loss_and_gradients_are_those_of_every_path(monkeypatch, dtype, tolerance, block, weights):
    """In the kernel (float32) and the torch form (float64), in blocks of a frame, of some and of all."""
    monkeypatch.setattr(transducer, "BLOCK", block)
    floats, lengths = made_up(dtype=dtype)
    leaves = [one.clone().requires_grad_() for one in floats]
    losses = transducer_losses(*leaves, *lengths)
    own = [one.double().clone().requires_grad_() for one in floats]
    expected = expected_losses(own)
    assert torch.allclose(losses.double(), expected, atol=tolerance)
    found = torch.autograd.grad((losses * losses.new_tensor(weights)).sum(), leaves)
    wanted = torch.autograd.grad((expected * expected.new_tensor(weights)).sum(), own)
    for one, other in zip(found, wanted, strict=True):
        assert torch.allclose(one.double(), other, atol=tolerance)


def test_the_gradient_is_the_slope_of_the_loss():
    """Finite differences in double precision."""
    floats, lengths = made_up()
    leaves = [one.requires_grad_() for one in floats]
    assert torch.autograd.gradcheck(lambda *x: transducer_losses(*x, *lengths), leaves)


def test_padding_and_company_change_nothing():
    floats, (frames, labels, n_labels) = made_up(dtype=torch.float32)
    losses = transducer_losses(*floats, frames, labels, n_labels)
    heard, said, weight, bias = floats
    for row in range(len(frames)):
        alone = transducer_losses(
            heard[row : row + 1, : frames[row]], said[row : row + 1, : n_labels[row] + 1], weight, bias,
            frames[row : row + 1], labels[row : row + 1, : n_labels[row]], n_labels[row : row + 1],
        )  # fmt: skip
        assert torch.allclose(alone[0], losses[row], atol=1e-6)
    heard = torch.nn.functional.pad(heard, (0, 0, 0, 3), value=7.0)
    said = torch.nn.functional.pad(said, (0, 0, 0, 2), value=-7.0)
    labels = torch.nn.functional.pad(labels, (0, 2), value=3)
    leaves = [one.clone().requires_grad_() for one in (heard, said, weight, bias)]
    padded = transducer_losses(*leaves, frames, labels, n_labels)
    assert torch.allclose(padded, losses, atol=1e-6)
    padded.sum().backward()
    for row in range(len(frames)):
        assert not leaves[0].grad[row, frames[row] :].any() and not leaves[1].grad[row, n_labels[row] + 1 :].any()


def test_the_kernel_s_lattice_is_torch_s():
    """Long enough that most places are passed by nobody."""
    frames, targets = (120, 70, 31), [[1 + n % 3 for n in range(count)] for count in (40, 44, 3)]
    floats, lengths = made_up(frames, targets, dtype=torch.float32)
    floats[0] *= 3
    leaves = [one.clone().requires_grad_() for one in floats]
    kernel = transducer_losses(*leaves, *lengths)
    found = torch.autograd.grad(kernel.sum(), leaves)
    doubles = [one.double().requires_grad_() for one in floats]
    torch_form = transducer_losses(*doubles, *lengths)
    assert torch.allclose(kernel.double(), torch_form, rtol=1e-5)
    for one, other in zip(found, torch.autograd.grad(torch_form.sum(), doubles), strict=True):
        assert torch.allclose(one.double(), other, atol=1e-4)


def test_shares_of_a_frame_are_one_blank_and_of_a_label_one():
    """Each frame is left once, each label said once."""
    torch.manual_seed(1)
    blanks, labels = torch.randn(2, 6, 4).double(), torch.randn(2, 6, 4).double()
    frames, n_labels = torch.tensor([6, 4]), torch.tensor([3, 2])
    _, by_blank, by_label = paths(blanks, labels, frames, n_labels)
    for row in range(2):
        assert torch.allclose(by_blank[row].sum(1)[: frames[row]], torch.ones(int(frames[row])).double())
        assert torch.allclose(by_label[row].sum(0)[: n_labels[row]], torch.ones(int(n_labels[row])).double())
        assert not by_blank[row, frames[row] :].any() and not by_label[row, :, n_labels[row] :].any()


@pytest.mark.parametrize("ctc_weight", [0.0, 0.5])
def test_a_network_s_loss_with_ctc_beside_it(ctc_weight):
    """All its weights have a gradient; a text that CTC cannot spell has the transducer's loss alone."""
    settings = ModelConfig(
        conv_channels=(4,), conv_kernels=((5,),), conv_strides=((2,),), rnn_layers=1, rnn_size=8, head="transducer",
        predictor_size=6, joint_size=7,
    )  # fmt: skip
    torch.manual_seed(1)
    network = Network(settings, 10, 5, ctc=ctc_weight > 0)
    encoded, frames = network(torch.randn(2, 20, 10), torch.tensor([20, 4]))
    targets, n_labels = torch.tensor([[1, 2, 3], [4, 4, 1]]), torch.tensor([3, 3])
    losses = TransducerLosses(network, LossConfig(ctc_weight=ctc_weight))(encoded, frames, targets, n_labels)
    alone = TransducerLosses(network, LossConfig(ctc_weight=0.0))(encoded, frames, targets, n_labels)
    assert losses.isfinite().all() and torch.equal(losses[1], alone[1])
    if ctc_weight:
        ctc = ctc_losses(network.ctc_log_probs(encoded), frames, targets, n_labels)
        assert torch.allclose(losses[0], alone[0] + ctc_weight * ctc[0])
    gradients = torch.autograd.grad(losses.mean(), list(network.parameters()))
    assert all(one.any() for one in gradients)
