"""What parts two views of the same utterance."""

from torch import Tensor

from ds2cli.training.losses.distillation import distillation_losses


def consistency_losses(log_probs: Tensor, frames: Tensor, n_views: int) -> Tensor:
    """(B,) how far two views of each utterance are apart: CR-CTC's divergence, summed over frames, in nats.

    log_probs (2 B, T, V) the first views, then the second ones; frames (2 B,)

    Half of KL(sg(b) | a) + KL(sg(a) | b), with sg() holding the target still (Yao et al. 2024, arXiv:2410.05101,
    equation 5): each view is the other's teacher.
    """
    first, second = log_probs.chunk(n_views)
    frames = frames[: len(first)]
    return 0.5 * (distillation_losses(first, second, frames) + distillation_losses(second, first, frames))
