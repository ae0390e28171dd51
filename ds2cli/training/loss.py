"""The CTC loss (Graves et al. 2006), utterance by utterance."""

import torch
from torch import Tensor

from ds2cli.text.units import BLANK


def ctc_losses(log_probs: Tensor, frames: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """(B,) -log p(target | sound) in nats; infinite where the frames cannot spell the target.

    log_probs (B, T, V), frames (B,), targets (B, L) int64 padded, target_lengths (B,)

    Padded int64 targets take torch's native kernels: cuDNN's wants int32 concatenated ones, and has ignored
    infinite losses silently (pytorch issue 176910).
    """
    return torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1), targets, frames, target_lengths, blank=BLANK, reduction="none"
    )


def utterance_mean(losses: Tensor, n_utterances: int) -> tuple[Tensor, Tensor]:
    """The sum of the finite losses over n_utterances, and which are finite (B,) bool.

    A loss that is not finite has no gradient here, so it cannot reach the weights.
    """
    finite = torch.isfinite(losses.detach())
    return torch.where(finite, losses, torch.zeros_like(losses)).sum() / max(n_utterances, 1), finite
