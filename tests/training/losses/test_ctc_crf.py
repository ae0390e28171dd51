"""CTC-CRF against every path there is: its sums, its gradients, and what must change nothing."""

import itertools
import math

import numpy as np
import pytest
import torch

from ds2cli.language.unit_graph import UnitGraph, read_unit_graph
from ds2cli.text.units import BLANK_NAME, Units
from ds2cli.training.losses.ctc import ctc_losses, utterance_mean
from ds2cli.training.losses.ctc_crf import CtcCrf
from ds2cli.training.losses.denominator import GraphTensors, denominators

pytestmark = pytest.mark.usefixtures("one_thread")

LETTERS = Units((BLANK_NAME, "a", "b", "c"))


@pytest.fixture(scope="module", params=["1", "2", "3", "3 --prune 0 1 2"])
def graph(request, tmp_path_factory) -> UnitGraph:
    """n-grams of made-up texts, of several orders."""
    from ds2cli.cli import main

    folder = tmp_path_factory.mktemp("lm")
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list("aaabbc"), rng.integers(1, 9))) for _ in range(60)]
    (folder / "texts.txt").write_text("\n".join(texts))
    flags = f"--units --order {request.param}".split()
    assert main(["-q", "lm", "build", str(folder / "texts.txt"), "-o", str(folder / "lm.arpa"), *flags]) == 0
    return read_unit_graph(folder / "lm.arpa", LETTERS)


def flat_graph(prob: float, end: float, n_units: int = 4) -> UnitGraph:
    """Every unit is as likely, whatever came before."""
    probs = np.full((n_units, n_units), prob)
    probs[:, 0] = 0
    return UnitGraph(
        np.arange(n_units, dtype=np.int32), np.tile(np.arange(n_units, dtype=np.int32), (n_units, 1)), probs,
        np.full(n_units, end),
    )  # fmt: skip


def made_up(*frames: int, n_units: int = 4, seed: int = 0, dtype=torch.float32) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return 2 * torch.randn(len(frames), max(frames), n_units, dtype=dtype), torch.tensor(frames)


def collapse(path) -> list[int]:
    return [unit for unit, _ in itertools.groupby(path) if unit != 0]


def every_path(log_probs: np.ndarray, graph: UnitGraph) -> tuple[float, np.ndarray]:
    """log Z and its gradient, path by path."""
    n_frames, n_units = log_probs.shape
    paths = np.array(list(itertools.product(range(n_units), repeat=n_frames)))
    scores = log_probs[np.arange(n_frames), paths].sum(1) + [graph.log_prob(collapse(path)) for path in paths]
    log_z = np.logaddexp.reduce(scores)
    shares = np.exp(scores - log_z)
    return log_z, np.array([[shares[paths[:, t] == v].sum() for v in range(n_units)] for t in range(n_frames)])


def both_forms(log_probs: torch.Tensor, frames: torch.Tensor, graph: UnitGraph):
    """The kernel's answer, and the torch form's in double precision."""
    yield 1e-4, CtcCrf(graph, 0.0).sums(log_probs.float(), frames, True)
    yield 1e-9, denominators(log_probs.double(), frames, GraphTensors(graph, log_probs.double()))


@pytest.mark.parametrize("seed", range(3))
def test_the_denominator_and_its_gradient_are_those_of_every_path(graph, seed):
    logits, frames = made_up(5, 4, 1, 2, seed=seed, dtype=torch.float64)
    log_probs = logits.log_softmax(-1)
    for tolerance, (log_z, shares) in both_forms(log_probs, frames, graph):
        for row, count in enumerate(frames.tolist()):
            expected, expected_shares = every_path(log_probs[row, :count].numpy(), graph)
            assert log_z[row].item() == pytest.approx(expected, abs=tolerance)
            assert np.allclose(shares[row, :count], expected_shares, atol=tolerance)
            assert not shares[row, count:].any()


def test_the_loss_is_what_the_text_has_of_all_paths(graph):
    logits, frames = made_up(5, 5)
    log_probs, targets = logits.log_softmax(-1), torch.tensor([[1, 1, 2], [3, 0, 0]])
    found = CtcCrf(graph, 0.25)(log_probs, frames, targets, torch.tensor([3, 1]))
    for row, text in enumerate(([1, 1, 2], [3])):
        rows = log_probs[row].numpy()
        paths = [path for path in itertools.product(range(4), repeat=5) if collapse(path) == text]
        spelled = np.logaddexp.reduce([rows[range(5), path].sum() for path in paths])
        expected = every_path(rows, graph)[0] - spelled - graph.log_prob(text) - 0.25 * spelled
        assert found[row].item() == pytest.approx(expected, abs=1e-3)


def test_the_gradient_is_the_slope_of_the_loss(graph):
    """Finite differences in double precision, through the softmax: torch's CTC gradient is right only behind one."""
    logits, frames = made_up(6, 3, dtype=torch.float64)
    targets = torch.tensor([[1, 2, 2], [3, 0, 0]]), torch.tensor([3, 1])
    loss = CtcCrf(graph, 0.1)
    assert torch.autograd.gradcheck(lambda x: loss(x.log_softmax(-1), frames, *targets), logits.requires_grad_())


def test_the_kernel_s_gradient_is_the_torch_form_s(graph):
    """In a batch of more than a group of lanes, of lengths that make threads share it unevenly."""
    lengths = [1, 40, 7, 23, 40, 2, 31, 5] * 5
    logits, frames = made_up(*lengths)
    log_probs = logits.log_softmax(-1)
    (_, (log_z, shares)), (_, (expected, expected_shares)) = both_forms(log_probs, frames, graph)
    assert torch.allclose(log_z, expected, atol=1e-4)
    assert torch.allclose(shares.double(), expected_shares, atol=1e-4)
    torch.set_num_threads(3)
    for memory in (1 << 26, 0):
        again = CtcCrf(graph, 0.0).sums(log_probs, frames, True, memory)
        assert torch.equal(again[0], log_z) and torch.equal(again[1], shares)


def test_where_any_unit_may_follow_at_no_price_the_loss_is_ctc_s():
    """All paths of a softmax add up to one."""
    logits, frames = made_up(50, 30)
    logits, targets = logits.requires_grad_(), (torch.tensor([[1, 1, 2], [3, 0, 0]]), torch.tensor([3, 1]))
    loss, plain = CtcCrf(flat_graph(1, 1), 0.0), logits.log_softmax(-1)
    found, expected = loss(plain, frames, *targets), ctc_losses(plain, frames, *targets)
    assert torch.allclose(found, expected, atol=1e-4)
    gradients = [torch.autograd.grad(one.sum(), logits, retain_graph=True)[0] for one in (found, expected)]
    assert torch.allclose(*gradients, atol=1e-4)


def test_a_flat_normalised_model_weighs_each_text_of_ctc_by_its_length():
    """Z = e sum_n q^n p_ctc(n units), for p(unit) = q and p(</s>) = e: CTC's lengths, by brute force."""
    logits, frames = made_up(5)
    log_probs, q, e = logits.log_softmax(-1), 0.2, 0.4
    of_length = np.zeros(6)
    for path in itertools.product(range(4), repeat=5):
        of_length[len(collapse(path))] += math.exp(log_probs[0, range(5), path].sum())
    assert of_length.sum() == pytest.approx(1, abs=1e-5)
    targets = torch.tensor([[1, 2]]), torch.tensor([2])
    beyond_ctc = CtcCrf(flat_graph(q, e), 0.0)(log_probs, frames, *targets) - ctc_losses(log_probs, frames, *targets)
    expected = math.log((of_length * q ** np.arange(6)).sum()) - 2 * math.log(q)
    assert beyond_ctc.item() == pytest.approx(expected, abs=1e-4)


def test_neither_padding_nor_batch_mates_change_an_utterance(graph):
    logits, frames = made_up(*range(9, 29))
    log_probs = logits.log_softmax(-1)
    loss = CtcCrf(graph, 0.0)
    log_z, shares = loss.sums(log_probs, frames, True)
    for row in (0, 7, 19):
        count = int(frames[row])
        alone, alone_shares = loss.sums(log_probs[row : row + 1, :count], frames[row : row + 1], True)
        assert torch.equal(alone[0], log_z[row])
        assert torch.equal(alone_shares[0], shares[row, :count])
    garbage = torch.where(torch.arange(28)[:, None] < frames[:, None, None], log_probs, torch.nan)
    assert all(torch.equal(*pair) for pair in zip(loss.sums(garbage, frames, True), (log_z, shares), strict=True))


def test_long_speech_and_a_network_that_is_certain_stay_finite(graph):
    """Certain of one text, and certain of what cannot be: its loss is large, no more."""
    frames, sure = 2_000, 80.0
    logits = torch.zeros(2, frames, 4)
    path = torch.tensor([0, 1, 0, 2] * (frames // 4))
    logits[:, range(frames), path] = sure
    logits.requires_grad_()
    targets = torch.stack([torch.tensor([1, 2] * (frames // 4)), torch.tensor([3, 3] * (frames // 4))])
    counts, lengths = torch.tensor([frames] * 2), torch.tensor([frames // 2] * 2)
    losses = CtcCrf(graph, 0.0)(logits.log_softmax(-1), counts, targets, lengths)
    assert losses.isfinite().all()
    assert losses[0].abs() < 10 < 20_000 < losses[1]
    losses.sum().backward()
    assert logits.grad.isfinite().all()
    assert logits.grad[0].abs().max() < 0.01


def test_what_has_no_finite_loss_teaches_nothing_and_harms_nobody(graph):
    """A text that does not fit; log-probs that are not numbers; and two that are well."""
    logits, frames = made_up(4, 4, 4, 4)
    logits[1] = torch.nan
    logits.requires_grad_()
    targets, lengths = torch.tensor([[1, 2, 0], [1, 2, 0], [1, 1, 1], [3, 0, 0]]), torch.tensor([2, 2, 3, 1])
    loss = CtcCrf(graph, 0.1)
    losses = loss(logits.log_softmax(-1), frames, targets, lengths)
    assert losses.isfinite().tolist() == [True, False, False, True]
    mean, finite = utterance_mean(losses, 4)
    (gradient,) = torch.autograd.grad(mean, logits)
    well = [0, 3]
    alone = loss(logits[well].log_softmax(-1), frames[well], targets[well], lengths[well]).sum() / 4
    (expected,) = torch.autograd.grad(alone, logits)
    assert torch.allclose(gradient[well], expected[well], atol=1e-6)
    assert not gradient[2].any()


def test_a_model_that_rules_a_text_out_makes_its_loss_infinite():
    graph = flat_graph(0.2, 0.4)
    graph.probs[:, 2] = 0
    logits, frames = made_up(4, 4)
    targets = torch.tensor([[1, 2], [1, 3]]), torch.tensor([2, 2])
    losses = CtcCrf(graph, 0.1)(logits.log_softmax(-1), frames, *targets)
    assert losses.isinf().tolist() == [True, False]
    dead = torch.full((1, 3, 4), -math.inf)
    dead[:, :, 2] = 0  # sure of what cannot be
    for _, (log_z, shares) in both_forms(dead, torch.tensor([3]), graph):
        assert not log_z.isfinite().any() and not shares.any()
