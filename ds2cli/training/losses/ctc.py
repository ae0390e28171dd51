"""The CTC loss (Graves et al. 2006), utterance by utterance."""

import torch
from torch import Tensor

from ds2cli.audio.features import frame_mask
from ds2cli.text.units import BLANK


def ctc_losses(log_probs: Tensor, frames: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """(B,) -log p(target | sound) in nats; infinite where the frames cannot spell the target.

    log_probs (B, T, V) on any device; frames (B,), targets (B, L) int64 padded, target_lengths (B,) on the host, where
    torch's CTC reads them: it would wait for the device to have them there

    Padded int64 targets take torch's native kernels: cuDNN's wants int32 concatenated ones, and has ignored
    infinite losses silently (pytorch issue 176910). torch's own gradient of an infinite loss is not a number even
    where nothing is asked of it, so such losses are zero for torch, and made infinite here.
    """
    device = log_probs.device
    losses = torch.nn.functional.ctc_loss(
        log_probs.transpose(0, 1), targets.to(device, non_blocking=True), frames, target_lengths, BLANK,
        reduction="none", zero_infinity=True,
    )  # fmt: skip
    repeats = (targets[:, 1:] == targets[:, :-1]) & frame_mask(target_lengths - 1, targets.shape[1] - 1)
    spelled = frames >= target_lengths + repeats.sum(1)
    return losses.where(spelled.to(device, non_blocking=True), float("inf"))


def utterance_mean(losses: Tensor, n_utterances: int) -> tuple[Tensor, Tensor]:
    """The sum of the finite losses over n_utterances, and which are finite (B,) bool.

    A loss that is not finite has no gradient here, so it cannot reach the weights.
    """
    finite = torch.isfinite(losses.detach())
    return torch.where(finite, losses, torch.zeros_like(losses)).sum() / max(n_utterances, 1), finite
