"""CTC-CRF (Xiang and Ou 2019, arXiv:1911.08747): a text against all others, as a language model of units weighs them.

    loss = -log [sum over the text's paths of exp(sum_t a_t) p(text) / sum over all paths of exp(sum_t a_t) p(its text)]

with a_t the network's log-probs, paths and texts those of CTC, and p an n-gram of units, its end of sentence included.
A network that is trained so is decoded as any other: its log-probs and a language model in a beam search, whose weights
`ds2 tune` finds. It is less sure of itself where the n-gram already knows, so the best weights are others than CTC's.
"""

import numpy as np
import torch
from torch import Tensor

from ds2cli import _kernels
from ds2cli.language.unit_graph import UnitGraph
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.denominator import GraphTensors, denominators

# Bytes for what a thread of the kernel needs of all frames; utterances that need more are computed in segments.
MEMORY = 64 << 20


class CtcCrf:
    """The loss of each utterance, and `ctc_weight` times CTC's, which keeps it steady (the paper's alpha).

    The numerator is CTC's, times the text's own probability: so the loss is CTC's loss, less log p(text), and log Z.
    """

    def __init__(self, graph: UnitGraph, ctc_weight: float) -> None:
        self.graph, self.ctc_weight = graph, ctc_weight
        self._arcs = _kernels.UnitGraph(
            graph.last_units, graph.next, graph.probs.astype(np.float32), graph.ends.astype(np.float32)
        )
        self._tensors: dict[tuple[torch.device, torch.dtype], GraphTensors] = {}

    def __call__(self, log_probs: Tensor, frames: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
        """(B,) nats, not finite where the frames cannot spell the target; all as for `ctc_losses`."""
        texts = [row[:length] for row, length in zip(targets.tolist(), target_lengths.tolist(), strict=True)]
        log_texts = torch.tensor([self.graph.log_prob(text) for text in texts], dtype=torch.float64)
        log_z = _LogZ.apply(log_probs, frames, self)
        numerators = ctc_losses(log_probs, frames, targets, target_lengths)
        return (1 + self.ctc_weight) * numerators + (log_z - log_texts.to(log_z)).to(numerators)

    def sums(
        self, log_probs: Tensor, frames: Tensor, with_shares: bool, memory: int = MEMORY
    ) -> tuple[Tensor, Tensor | None]:
        """log Z (B,) float64 and its gradient (B, T, V); float32 on the host takes the kernel."""
        if log_probs.device.type == "cpu" and log_probs.dtype == torch.float32:
            rows, counts = np.ascontiguousarray(log_probs.numpy()), frames.numpy().astype(np.int32)
            log_z, shares = _kernels.ctc_crf_denominators(
                self._arcs, rows, counts, with_occupancy=with_shares, threads=torch.get_num_threads(), memory=memory
            )
            return torch.from_numpy(log_z), None if shares is None else torch.from_numpy(shares)
        where = log_probs.device, log_probs.dtype
        if where not in self._tensors:
            self._tensors[where] = GraphTensors(self.graph, log_probs)
        return denominators(log_probs, frames.to(log_probs.device, non_blocking=True), self._tensors[where])


class _LogZ(torch.autograd.Function):
    """log Z with the gradient that the sums over all paths bring along."""

    @staticmethod
    def forward(ctx, log_probs: Tensor, frames: Tensor, loss: CtcCrf) -> Tensor:
        log_z, shares = loss.sums(log_probs.detach(), frames, ctx.needs_input_grad[0])
        ctx.save_for_backward(*[] if shares is None else [shares])
        return log_z

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:
        (shares,) = ctx.saved_tensors
        return gradient.to(shares)[:, None, None] * shares, None, None
