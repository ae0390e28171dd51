"""How weights move: AdamW, or the paper's SGD."""

import torch
from torch import nn

from ds2cli.config import OptimizerConfig


def make_optimizer(network: nn.Module, settings: OptimizerConfig) -> torch.optim.Optimizer:
    """AdamW on matrices with decay, on vectors without; or the paper's SGD with Nesterov momentum (section 3)."""
    if settings.kind == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(
            network.parameters(), lr=settings.learning_rate, momentum=momentum, nesterov=momentum > 0
        )
    matrices = [weights for weights in network.parameters() if weights.dim() > 1]
    vectors = [weights for weights in network.parameters() if weights.dim() == 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), fused=True)
