"""The RNN transducer's loss (Graves 2012, arXiv:1211.3711): a text, whatever the frames in which its labels came.

    loss = -log sum over all paths of prod p(label or blank | t, u)

Its joint layer says a probability of every unit at every frame t after every number u of labels: B x T x U x V of them,
gigabytes where all else is megabytes. Here they are computed twice, in blocks of frames, and never kept: once for the
probabilities that the lattice needs, two at each place, and once more for the gradients, which are complete before the
next block begins. The second time a block goes no further than there are paths.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ds2cli.config import LossConfig
from ds2cli.model.network import Network
from ds2cli.text.units import BLANK
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.lattice import Paths, lattice_paths
from ds2cli.training.losses.pruned import simple_and_pruned

# Logits in a block: 4 MB of float32 stay in a CPU's cache, a GPU wants more at once.
BLOCK, BLOCK_OF_GPU = 1 << 20, 1 << 26
# Places that fewer of a text's paths pass (all places of a frame together: less than float32 tells from none).
NOBODY = 1e-11


class TransducerLosses:
    """The loss of each utterance, and `ctc_weight` times CTC's of the same encoder where CTC can spell the text.

    With `prune`, learning goes by the pruned loss, and `simple_weight` times that of the simple joiner which prunes;
    where no gradient is asked, the loss is whole.
    """

    def __init__(self, network: Network, settings: LossConfig) -> None:
        self.network, self.settings = network, settings

    def __call__(self, encoded: Tensor, frames: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
        """(B,) nats; encoded (B, T, H) are the network's frames, the rest as for `ctc_losses`."""
        head, settings = self.network.transducer, self.settings
        encoded = encoded.to(head.encoder_projection.weight.dtype)  # autocast leaves bf16
        read = head.read(targets.to(encoded.device, non_blocking=True))
        heard, said = head.encoder_projection(encoded), head.predictor_projection(read)
        joint = heard, said, head.output.weight, head.output.bias
        lengths = frames, targets, target_lengths
        if settings.prune and torch.is_grad_enabled():
            simple, losses = simple_and_pruned(head.simple(encoded, read), joint, settings.prune, *lengths)
            losses = losses + settings.simple_weight * simple
        else:
            losses = transducer_losses(*joint, *lengths)
        if settings.ctc_weight:
            ctc = ctc_losses(self.network.ctc_log_probs(encoded), *lengths)
            losses = losses + settings.ctc_weight * torch.where(ctc.isfinite(), ctc, 0.0)
        return losses


def transducer_losses(
    heard: Tensor, said: Tensor, weight: Tensor, bias: Tensor, frames: Tensor, targets: Tensor, target_lengths: Tensor
) -> Tensor:
    """(B,) -log p(target | sound) in nats, of a joint layer's log-softmax of weight tanh(heard + said) + bias.

    heard (B, T, J), said (B, U + 1, J), weight (V, J), bias (V,) on any device, float32 or float64;
    frames (B,) 1 to T, targets (B, U) int64 padded, target_lengths (B,) 0 to U, on the host
    """
    with torch.autocast(heard.device.type, enabled=False):
        floats = [one if one.dtype == torch.float64 else one.float() for one in (heard, said, weight, bias)]
        return _Losses.apply(*floats, frames, targets, target_lengths)


class _Losses(torch.autograd.Function):
    """Gradients are computed with the losses, as if each counted once: so they nearly always do, and it halves them."""

    @staticmethod
    def forward(ctx, heard, said, weight, bias, frames, targets, target_lengths) -> Tensor:
        joint = _Joint(heard.detach(), said.detach(), weight.detach(), bias.detach(), frames, targets, target_lengths)
        log_p, blank_shares, label_shares = joint.paths(any(ctx.needs_input_grad))
        if any(ctx.needs_input_grad):
            gradients = joint.gradients(blank_shares, label_shares)
            ctx.joint, ctx.shares = joint, (blank_shares, label_shares)
            ctx.save_for_backward(*gradients, log_p)
        return -log_p.to(heard)

    @staticmethod
    def backward(ctx, wanted: Tensor) -> tuple:
        *gradients, log_p = ctx.saved_tensors
        counted = torch.where(log_p.isfinite().to(wanted.device), wanted, 0.0)
        most = counted[counted.abs().argmax()]
        if bool(((counted == most) | ~log_p.isfinite().to(wanted.device)).all()):
            return *(most * one for one in gradients), None, None, None
        scaled = (counted.to(one)[:, None, None] * one for one in ctx.shares)
        return *ctx.joint.gradients(*scaled), None, None, None


@dataclass(frozen=True)
class _Block:
    """Some utterances, some of their frames and of their places between labels; the joint layer's tanh there."""

    part: tuple[slice, slice, slice]
    hidden: Tensor  # (b, t, u, J)


class _Joint:
    """The joint layer over a batch, in blocks: an utterance at a time on a CPU, so that none pays for padding."""

    def __init__(self, heard, said, weight, bias, frames, targets, target_lengths) -> None:
        self.heard, self.said, self.weight, self.bias = heard, said, weight, bias
        self.frames, self.n_labels = frames.cpu(), target_lengths.cpu()
        self.is_on_host = heard.device.type == "cpu"
        n_places = said.shape[1]
        following = torch.nn.functional.pad(targets, (0, 1), value=BLANK)[:, :n_places]
        self.following = following.to(heard.device, non_blocking=True)  # (B, U + 1) the label after each place
        self.shape = len(heard), heard.shape[1], n_places

    def paths(self, with_shares: bool) -> Paths:
        """log p (B,), and the shares of the paths that take the blank, and the label, at each place (B, T, U + 1)."""
        blanks, labels = self.heard.new_zeros(self.shape), self.heard.new_zeros(self.shape)
        for block in self._blocks(None):
            log_probs = self._logits(block).log_softmax(-1)
            blanks[block.part] = log_probs[..., BLANK]
            labels[block.part] = log_probs.gather(-1, self._labels(block)).squeeze(-1)
        return lattice_paths(blanks, labels, self.frames, self.n_labels, with_shares)

    def gradients(self, blank_shares: Tensor, label_shares: Tensor) -> list[Tensor]:
        """Of the sum of -log p, with respect to what `transducer_losses` is given."""
        heard, said, weight, bias = (torch.zeros_like(one) for one in (self.heard, self.said, self.weight, self.bias))
        passing = blank_shares + label_shares
        for block in self._blocks(passing.abs() > NOBODY if self.is_on_host else None):
            slopes = self._logits(block).softmax(-1).mul_(passing[block.part][..., None])
            slopes[..., BLANK] -= blank_shares[block.part]
            slopes.scatter_add_(-1, self._labels(block), -label_shares[block.part][..., None])
            slopes, hidden = slopes.flatten(0, 2), block.hidden.flatten(0, 2)
            weight.addmm_(slopes.t(), hidden)
            bias += slopes.sum(0)
            inside = (slopes @ self.weight).mul_(1 - hidden.square_()).view(block.hidden.shape)
            utterances, times, places = block.part
            heard[utterances, times] += inside.sum(2)
            said[utterances, places] += inside.sum(1)
        return [heard, said, weight, bias]

    def _blocks(self, passed: Tensor | None) -> Iterator[_Block]:
        """All places of all utterances; or, of a block, from the first to the last that is passed (B, T, U + 1)."""
        for utterances, n_frames, n_places in self._utterances():
            size = BLOCK if self.is_on_host else BLOCK_OF_GPU
            step = max(1, size // (len(self.bias) * n_places * (utterances.stop - utterances.start)))
            for first in range(0, n_frames, step):
                times, places = slice(first, min(first + step, n_frames)), slice(0, n_places)
                if passed is not None:
                    inside = passed[utterances, times].any(1).any(0).nonzero()
                    if not len(inside):
                        continue
                    places = slice(int(inside[0]), int(inside[-1]) + 1)
                hidden = self.heard[utterances, times, None] + self.said[utterances, None, places]
                yield _Block((utterances, times, places), hidden.tanh_())

    def _utterances(self) -> Iterator[tuple[slice, int, int]]:
        """Those that are computed together, their frames and places."""
        if not self.is_on_host:
            yield slice(0, self.shape[0]), self.shape[1], self.shape[2]
            return
        for number, (n_frames, n_labels) in enumerate(zip(self.frames.tolist(), self.n_labels.tolist(), strict=True)):
            yield slice(number, number + 1), n_frames, n_labels + 1

    def _logits(self, block: _Block) -> Tensor:
        """(b, t, u, V)"""
        return torch.nn.functional.linear(block.hidden, self.weight, self.bias)

    def _labels(self, block: _Block) -> Tensor:
        """(b, t, u, 1) the label that comes next."""
        utterances, times, places = block.part
        return self.following[utterances, None, places, None].expand(-1, times.stop - times.start, -1, -1)
