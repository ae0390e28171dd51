"""The transducer's loss at a few places of each frame (Kuang et al. 2022, arXiv:2206.13236; fast_rnnt).

A simple joiner, which adds what encoder and prediction network say of each unit, has probabilities at all places at the
cost of a product of matrices. Where most of its paths pass decides the few places at which the joint layer is computed:
B x T x size x V logits instead of B x T x (U + 1) x V. With all places it is the whole loss.
"""

import torch
from torch import Tensor

from ds2cli.text.units import BLANK
from ds2cli.training.losses.lattice import LatticeLosses, lattice_paths


def simple_log_probs(heard: Tensor, said: Tensor, following: Tensor) -> tuple[Tensor, Tensor]:
    """Natural logs of the blank and of the next label at each place, (B, T, U + 1) each, of softmax(heard + said).

    heard (B, T, V), said (B, U + 1, V); following (B, U + 1) the label after each place
    """
    peaks = heard.detach().amax(-1, keepdim=True), said.detach().amax(-1, keepdim=True)
    products = (heard - peaks[0]).exp() @ (said - peaks[1]).exp().transpose(1, 2)
    norm = products.clamp(min=torch.finfo(heard.dtype).tiny).log() + peaks[0] + peaks[1].transpose(1, 2)
    blanks = heard[..., BLANK, None] + said[:, None, :, BLANK]
    labels = heard.gather(-1, following[:, None].expand(-1, heard.shape[1], -1))
    labels = labels + said.gather(-1, following[..., None]).transpose(1, 2)
    return blanks - norm, labels - norm


def least_size(frames: Tensor, n_labels: Tensor) -> int:
    """The least places a frame with which every text (B,) gets from its first label to its last in its frames (B,)."""
    return int((-(-n_labels // frames)).max()) + 1


def window_starts(passing: Tensor, frames: Tensor, n_labels: Tensor, size: int) -> Tensor:
    """(B, T) int64 the first of `size` places in each frame, where most paths pass.

    passing  (B, T, U + 1) the share of paths that pass at each place; frames, n_labels (B,) on the same device
    size     `least_size` to U + 1

    The first frame's is 0, the last's holds the end; they never fall, and neighbours share a place, so that paths
    remain from the beginning to the end.
    """
    n_frames, n_places = passing.shape[1:]
    times = torch.arange(n_frames, device=passing.device)
    most = (n_labels + 1 - size).clamp(min=0)[:, None]  # (B, 1)
    sums = torch.nn.functional.pad(passing.cumsum(-1), (1, 0))
    within = sums[..., size:] - sums[..., : n_places + 1 - size]
    starts = torch.arange(within.shape[-1], device=passing.device)
    best = within.masked_fill(starts > most[..., None], -1.0).argmax(-1)
    best = torch.minimum(best, times * (size - 1))
    best = torch.where(times >= frames[:, None] - 1, most, best).cummax(1).values
    # Backwards: what comes later is reached by size - 1 places a frame.
    ahead = best + (n_frames - 1 - times) * (size - 1)
    return ahead.flip(1).cummax(1).values.flip(1) - (n_frames - 1 - times) * (size - 1)


def pruned_losses(
    heard: Tensor, said: Tensor, weight: Tensor, bias: Tensor, following: Tensor, starts: Tensor, size: int,
    frames: Tensor, n_labels: Tensor,
) -> Tensor:
    """(B,) nats, of the paths through places starts (B, T) to starts + size - 1 alone; the rest as `transducer_losses`.

    heard (B, T, J), said (B, U + 1, J), weight (V, J), bias (V,), following (B, U + 1)
    frames, n_labels  (B,) on the host
    """
    n_batch, n_frames = starts.shape
    places = starts[..., None] + torch.arange(size, device=starts.device)  # (B, T, S)
    row = torch.arange(n_batch, device=starts.device)[:, None, None]
    hidden = torch.tanh(heard[:, :, None] + said[row, places])  # (B, T, S, J)
    log_probs = torch.nn.functional.linear(hidden, weight, bias).log_softmax(-1)
    nowhere = log_probs.new_full((n_batch, n_frames, said.shape[1]), float("-inf"))
    blanks = nowhere.scatter(2, places, log_probs[..., BLANK])
    labels = nowhere.scatter(2, places, log_probs.gather(-1, following[row, places][..., None]).squeeze(-1))
    return LatticeLosses.apply(blanks, labels, frames, n_labels)


def simple_and_pruned(
    simple: tuple[Tensor, Tensor], joint: tuple[Tensor, Tensor, Tensor, Tensor], size: int, frames: Tensor,
    targets: Tensor, n_labels: Tensor,
) -> tuple[Tensor, Tensor]:
    """(B,) nats of the simple joiner, and of the joint layer at the places which that finds.

    simple  heard (B, T, V) and said (B, U + 1, V); joint  as `transducer_losses` is given it
    size    places in each frame; more where a text would not fit, at most U + 1
    """
    heard, said, weight, bias = joint
    following = torch.nn.functional.pad(targets, (0, 1), value=BLANK)[:, : said.shape[1]].to(heard.device)
    size = min(max(size, least_size(frames, n_labels)), said.shape[1])
    blanks, labels = simple_log_probs(*simple, following)
    losses = LatticeLosses.apply(blanks, labels, frames, n_labels)
    _, *shares = lattice_paths(blanks.detach(), labels.detach(), frames, n_labels, with_shares=True)
    on_device = frames.to(heard.device), n_labels.to(heard.device)
    starts = window_starts(shares[0] + shares[1], *on_device, size)
    return losses, pruned_losses(heard, said, weight, bias, following, starts, size, frames, n_labels)
