"""What parts two views of the same utterance."""

import torch
from torch import Tensor


def consistency_losses(log_probs: Tensor, frames: Tensor, n_views: int) -> Tensor:
    """(B,) how far two views of each utterance are apart: CR-CTC's divergence, summed over frames, in nats.

    log_probs (2 B, T, V) the first views, then the second ones; frames (2 B,)

    Half of KL(sg(b) | a) + KL(sg(a) | b), with sg() holding the target still (Yao et al. 2024, arXiv:2410.05101,
    equation 5).
    """
    first, second = log_probs.chunk(n_views)
    real = torch.arange(log_probs.shape[1], device=frames.device) < frames[: len(first), None]
    total = torch.zeros_like(first[..., 0])
    for moving, still in ((first, second), (second, first)):
        still = still.detach()
        total = total + 0.5 * (still.exp() * (still - moving)).sum(-1)
    return (total * real).sum(1)
