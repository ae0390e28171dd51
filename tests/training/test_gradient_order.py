"""Gradients lie in memory as their weights do: the fused optimiser walks both in order and looks at no strides."""

import pytest
import torch

from ds2cli.audio.augment import Masks
from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of
from ds2cli.training.data import Batch
from ds2cli.training.distributed import Process
from ds2cli.training.gradients import StepGradients
from ds2cli.training.optimizers import make_optimizer

MODELS = [
    ModelConfig((4,), ((5,),), ((3,),), "gru", 1, 12),
    ModelConfig((4, 6), ((5, 5), (3, 3)), ((2, 3), (1, 1)), "lstm", 1, 12),
    ModelConfig((4,), ((5,),), ((2,),), "rnn", 1, 12, False, "preactivation", 2, (8,)),
]


@pytest.mark.parametrize("model", MODELS, ids=["1-D", "2-D", "1-D, lookahead"])
def test_a_step_moves_every_weight_against_its_gradient(one_thread, model):
    config = Config(FeatureConfig("mel", n_mels=16), model)
    torch.manual_seed(1)
    recogniser = Recogniser(config, units_of(["abc"])).train()
    steps = StepGradients(recogniser, config, Process())
    batch = Batch(0.1 * torch.randn(2, 16000), torch.tensor([16000, 12000]), torch.tensor([[1, 2, 3], [2, 1, 0]]),
                  torch.tensor([3, 2]), ["a", "b"], [0, 1], views=[[Masks(), Masks()]])
    before = {name: weights.detach().clone() for name, weights in recogniser.network.named_parameters()}
    optimizer = make_optimizer(recogniser.network, config.optimizer)
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.0
    steps.compute(batch, 2)
    optimizer.step()
    for name, weights in recogniser.network.named_parameters():
        moved, gradient = weights.detach() - before[name], weights.grad
        clear = gradient.abs() > 1e-6
        assert (torch.sign(moved[clear]) == -torch.sign(gradient[clear])).all(), name
