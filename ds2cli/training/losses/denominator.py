"""The denominator of CTC-CRF in torch, on any device and in any precision: the readable twin of kernels/ctc_crf.cpp."""

import torch
from torch import Tensor

from ds2cli.audio.features import frame_mask
from ds2cli.language.unit_graph import UnitGraph
from ds2cli.text.units import BLANK


class GraphTensors:
    """A graph's arcs as matrices: X @ M moves what is at each history (B, H) along the arcs.

    onward   arcs to another unit; repeats  arcs that say the same unit again, for which CTC needs a blank in between
    """

    def __init__(self, graph: UnitGraph, like: Tensor) -> None:
        n_histories, n_units = graph.probs.shape
        self.last_units = torch.from_numpy(graph.last_units).long().to(like.device)
        self.ends = torch.from_numpy(graph.ends).to(like)
        units = torch.arange(n_units)
        sources = torch.arange(n_histories)[:, None].expand(-1, n_units)
        arcs = torch.stack([torch.from_numpy(graph.next).long(), sources])  # (2, H, V) to, from
        same = torch.from_numpy(graph.last_units)[:, None] == units
        probs, shape = torch.from_numpy(graph.probs), (n_histories, n_histories)
        self.onward, self.repeats = (
            torch.sparse_coo_tensor(arcs[:, chosen], probs[chosen], shape, check_invariants=False).to(like).coalesce()
            for chosen in ((units != BLANK) & ~same, (units != BLANK) & same)
        )
        self.onward_back, self.repeats_back = (one.t().coalesce() for one in (self.onward, self.repeats))


def denominators(log_probs: Tensor, frames: Tensor, graph: GraphTensors) -> tuple[Tensor, Tensor]:
    """log Z of each utterance (B,) float64, and its gradient (B, T, V): the share of the paths that pass at each place.

    log_probs (B, T, V), frames (B,) on the same device; graph  of the same device and precision

    `blank` and `unit` are A and B of kernels/ctc_crf.h, histories first: (H, B). Sums are scaled to one in every frame.
    Shares are 0 behind an utterance's frames, and everywhere where no path is possible.
    """
    real = frame_mask(frames, log_probs.shape[1])
    peaks = log_probs.amax(-1, keepdim=True)
    a = (log_probs - peaks).exp().permute(1, 2, 0)  # (T, V, B)
    blank = torch.zeros(len(graph.ends), len(log_probs)).to(log_probs)
    blank[0] = 1
    unit = torch.zeros_like(blank)
    log_z = torch.where(real, peaks[..., 0].double(), 0.0).sum(1)
    passed = []
    for t, now in enumerate(a):
        into = graph.onward @ (blank + unit) + graph.repeats @ blank
        next_blank, next_unit = now[BLANK] * (blank + unit), now[graph.last_units] * (unit + into)
        total = (next_blank + next_unit).sum(0)
        blank = torch.where(real[:, t], next_blank / total, blank)
        unit = torch.where(real[:, t], next_unit / total, unit)
        log_z = log_z + torch.where(real[:, t], total.double().log(), 0.0)
        passed.append((blank, unit))
    log_z = log_z + (graph.ends @ (blank + unit)).double().log()
    return log_z, _shares(a, frames, graph, passed) * log_z.isfinite()[:, None, None]


def _shares(a: Tensor, frames: Tensor, graph: GraphTensors, passed: list[tuple[Tensor, Tensor]]) -> Tensor:
    """What passes through each place times what follows it, as shares of a frame: (B, T, V)."""
    ends = graph.ends[:, None].expand(-1, a.shape[2])
    after_blank, after_unit = torch.zeros_like(ends), torch.zeros_like(ends)
    shares = torch.zeros_like(a)
    for t in range(len(a) - 1, -1, -1):
        if t + 1 < len(a):
            then = a[t + 1, graph.last_units] * after_unit
            onward = a[t + 1, BLANK] * after_blank + graph.onward_back @ then
            after_blank, after_unit = onward + graph.repeats_back @ then, onward + then
        is_last = frames == t + 1
        after_blank, after_unit = torch.where(is_last, ends, after_blank), torch.where(is_last, ends, after_unit)
        total = (after_blank + after_unit).sum(0)
        after_blank, after_unit = after_blank / total, after_unit / total
        blank, unit = passed[t]
        shares[t].index_add_(0, graph.last_units, unit * after_unit)
        shares[t, BLANK] = (blank * after_blank).sum(0)
        shares[t] /= shares[t].sum(0)
    real = frame_mask(frames, len(a))
    return torch.where(real[..., None], shares.permute(2, 0, 1), 0.0).nan_to_num(0.0)
