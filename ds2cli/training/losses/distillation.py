"""What parts a network from its teachers."""

import torch
from torch import Tensor


def distillation_losses(log_probs: Tensor, teacher: Tensor, frames: Tensor) -> Tensor:
    """(B,) KL(teacher | log_probs) of CTC's answers, summed over frames, in nats; the teacher is held still.

    log_probs, teacher (B, T, V); frames (B,)

    Hinton, Vinyals and Dean 2015 (arXiv:1503.02531), at a temperature of 1: what the teacher thinks of the other units
    tells more than the text.
    """
    teacher = teacher.detach().float()
    real = torch.arange(log_probs.shape[1], device=frames.device) < frames[:, None]
    return ((teacher.exp() * (teacher - log_probs)).sum(-1) * real).sum(1)
