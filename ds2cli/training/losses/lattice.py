"""The transducer's lattice: by its kernel on a CPU; in torch, along its anti-diagonals, on a GPU and in any precision.

What kernels/transducer_loss.cpp does place by place, `paths` does for all utterances and all places of a diagonal at
once.
"""

import numpy as np
import torch
from torch import Tensor

from ds2cli import _kernels

Paths = tuple[Tensor, Tensor, Tensor]


def lattice_paths(blanks: Tensor, labels: Tensor, frames: Tensor, n_labels: Tensor, with_shares: bool) -> Paths:
    """As `paths`, of what no gradient is asked; frames, n_labels (B,) on the host, the shares empty unless wanted."""
    if blanks.device.type != "cpu" or blanks.dtype != torch.float32:
        lengths = (one.to(blanks.device, non_blocking=True) for one in (frames, n_labels))
        return paths(blanks, labels, *lengths)
    counts = (one.numpy().astype(np.int32) for one in (frames, n_labels))
    rows = (np.ascontiguousarray(one.numpy()) for one in (blanks, labels))
    found = _kernels.transducer_paths(*rows, *counts, with_shares=with_shares, threads=torch.get_num_threads())
    log_p, blank_shares, label_shares = (torch.zeros(0) if one is None else torch.from_numpy(one) for one in found)
    return log_p, blank_shares, label_shares


class LatticeLosses(torch.autograd.Function):
    """(B,) -log p of each utterance's text, of log-probs at its places (B, T, U + 1); the rest as `lattice_paths`."""

    @staticmethod
    def forward(ctx, blanks: Tensor, labels: Tensor, frames: Tensor, n_labels: Tensor) -> Tensor:
        log_p, *shares = lattice_paths(blanks, labels, frames, n_labels, any(ctx.needs_input_grad))
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(*shares)
        return -log_p.to(blanks)

    @staticmethod
    def backward(ctx, wanted: Tensor) -> tuple[Tensor, Tensor, None, None]:
        by_blank, by_label = (-wanted[:, None, None] * one for one in ctx.saved_tensors)
        return by_blank, by_label, None, None


def paths(blanks: Tensor, labels: Tensor, frames: Tensor, n_labels: Tensor) -> Paths:
    """log p of each utterance's text (B,), and the shares of its paths that pass at each place, as the kernel's.

    blanks, labels (B, T, U + 1) natural logs, frames, n_labels (B,), on one device; shares are 0 beyond an utterance
    """
    n_frames, n_places = blanks.shape[1:]
    place = torch.arange(n_places, device=blanks.device)
    time = torch.arange(n_frames + n_places - 1, device=blanks.device)[:, None] - place  # of diagonal and place
    is_real = (time >= 0) & (time < frames[:, None, None]) & (place <= n_labels[:, None, None])
    at = time.clamp(0, n_frames - 1).expand(len(blanks), -1, -1)
    never = blanks.new_tensor(float("-inf"))
    blank = torch.where(is_real, blanks.gather(1, at), never).unbind(1)
    label = torch.where(is_real & (place < n_labels[:, None, None]), labels.gather(1, at), never).unbind(1)
    start = torch.where(place == 0, 0.0, never).to(blanks).expand(len(blanks), -1)
    before = [start]
    for by_blank, by_label in zip(blank[:-1], label[:-1], strict=True):
        before.append(torch.logaddexp(before[-1] + by_blank, _later(before[-1] + by_label)))
    last = frames - 1 + n_labels  # the diagonal of each utterance's end
    is_end = place == n_labels[:, None]
    after, afters = torch.full_like(start, float("-inf")), []
    for number in range(len(blank) - 1, -1, -1):
        on_blank = torch.where(is_end & (last == number)[:, None], 0.0, after)
        on_label = torch.nn.functional.pad(after[:, 1:], (0, 1), value=float("-inf"))
        afters.append((blank[number] + on_blank, label[number] + on_label))
        after = torch.logaddexp(*afters[-1])
    log_p = after[:, 0]
    by_blank, by_label = (torch.stack(one[::-1], 1) for one in zip(*afters, strict=True))
    arriving = torch.stack(before, 1) - log_p[:, None, None]
    back = (torch.arange(n_frames, device=blanks.device)[:, None] + place).expand(len(blanks), -1, -1)
    shares = ((arriving + by).exp().gather(1, back) for by in (by_blank, by_label))
    real = (torch.arange(n_frames, device=blanks.device) < frames[:, None])[..., None]
    blank_shares, label_shares = (torch.where(real, one, 0.0).nan_to_num(0.0) for one in shares)
    return log_p, blank_shares, label_shares


def _later(x: Tensor) -> Tensor:
    """(B, U + 1), a place later."""
    return torch.nn.functional.pad(x[:, :-1], (1, 0), value=float("-inf"))
