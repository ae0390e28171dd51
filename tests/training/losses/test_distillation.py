"""The divergence from a teacher against its definition, and what a step makes of it."""

import pytest
import torch

from ds2cli.audio.augment import Masks
from ds2cli.config import Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of
from ds2cli.training.data import Batch
from ds2cli.training.distributed import Process
from ds2cli.training.gradients import StepGradients
from ds2cli.training.losses.distillation import distillation_losses

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(FeatureConfig("mel", n_mels=16), ModelConfig((4,), ((5,),), ((3,),), "gru", 1, 12, batch_norm="none"),
                loss=LossConfig(distillation=0.7))  # fmt: skip


def test_it_is_the_divergence_from_the_teacher_over_real_frames():
    torch.manual_seed(3)
    student, teacher = torch.randn(2, 5, 3).log_softmax(-1), torch.randn(2, 5, 3).log_softmax(-1)
    found = distillation_losses(student, teacher, torch.tensor([5, 3]))
    for row, count in enumerate((5, 3)):
        expected = torch.nn.functional.kl_div(
            student[row, :count], teacher[row, :count], reduction="sum", log_target=True
        )
        assert found[row].item() == pytest.approx(expected.item(), rel=1e-5)
    assert distillation_losses(teacher, teacher, torch.tensor([5, 3])).abs().max() < 1e-6


def network(seed: int) -> Recogniser:
    torch.manual_seed(seed)
    return Recogniser(CONFIG, units_of(["abc"]))


def batch(masks: Masks) -> Batch:
    torch.manual_seed(1)
    return Batch(0.1 * torch.randn(2, 16000), torch.tensor([16000, 12000]), torch.tensor([[1, 2, 3], [2, 1, 0]]),
                 torch.tensor([3, 2]), ["a", "b"], [0, 1], views=[[masks, masks]])  # fmt: skip


def test_a_step_adds_its_weighted_gradient_to_that_of_the_text():
    """The teacher hears the whole utterance where the student's is masked, and is not moved."""
    student, teacher = network(1), network(2)
    masked, whole = batch(Masks(((5, 20),), ((3, 6),))), batch(Masks())
    texts = StepGradients(student, CONFIG, Process())
    texts.compute(masked, 2)
    of_texts = [weights.grad.clone() for weights in student.network.parameters()]
    features, frames = student.frontend(masked.waveforms, masked.lengths)
    heard, counts = student.network(texts._distorted(features, masked.views[0]), frames)
    apart = distillation_losses(heard, teacher(whole.waveforms, whole.lengths)[0], counts).mean()
    of_teacher = torch.autograd.grad(apart, list(student.network.parameters()))
    before = [weights.clone() for weights in teacher.network.parameters()]
    StepGradients(student, CONFIG, Process(), teacher=teacher).compute(masked, 2)
    for weights, text, taught in zip(student.network.parameters(), of_texts, of_teacher, strict=True):
        torch.testing.assert_close(weights.grad, text + 0.7 * taught, atol=2e-4, rtol=1e-3)
    assert all(torch.equal(now, then) for now, then in zip(teacher.network.parameters(), before, strict=True))


def test_both_views_are_taught():
    student, teacher = network(1), network(2)
    part = batch(Masks())
    steps = StepGradients(student, CONFIG, Process(), teacher=teacher)
    once = steps.compute(part, 2).loss_sum
    part.views = part.views * 2
    assert steps.compute(part, 2).loss_sum == pytest.approx(once, rel=1e-5)
