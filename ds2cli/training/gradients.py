"""The gradient of a step, whatever the memory: a batch that does not fit is halved until it does."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ds2cli.audio.augment import Masks, mask_features
from ds2cli.audio.features import n_frames
from ds2cli.config import Config
from ds2cli.errors import Ds2Error
from ds2cli.model.encoder.layers import SequenceBatchNorm
from ds2cli.model.network import n_output_frames
from ds2cli.model.recogniser import Recogniser
from ds2cli.training.data import Batch
from ds2cli.training.distributed import Exchange, Process, all_gather, all_reduce, all_reduce_max, all_reduce_together
from ds2cli.training.losses.choice import Losses
from ds2cli.training.losses.consistency import consistency_losses
from ds2cli.training.losses.ctc import ctc_losses, utterance_mean
from ds2cli.training.losses.distillation import distillation_losses
from ds2cli.training.memory import TOO_LARGE, is_out_of_memory
from ds2cli.training.microbatches import silent_batch, split_batch

# What a part needs, in the order of need; the neediest process decides for all.
NOTHING, FEWER_UTTERANCES, NO_SUCH_UTTERANCE = 0, 2, 1


@dataclass
class MicrobatchResult:
    """What a process makes of a part: the sum of its finite losses over all utterances of the step, which of them are
    finite (B,), and the gradients."""

    loss: Tensor
    finite: Tensor
    gradients: list[Tensor]


@dataclass
class StepSummary:
    """What became of the utterances of a step, all processes together.

    loss_sum, count  nats of those with a finite loss, and how many they are
    skipped     ids that could not be read or did not fit, with the reason
    not_finite  ids without a finite loss
    split       ids of parts that did not fit in memory and were halved
    """

    loss_sum: float = 0.0
    count: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    not_finite: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)


class StepGradients:
    """Computes the gradient of the mean loss over a step's utterances, all processes together.

    A step is computed in `batch.accumulate` parts. A part that does not fit into the memory of one process is halved
    by all of them and computed again, down to one utterance; one that does not fit alone is skipped. The gradient is
    the same in any number of parts, up to rounding, where there is neither batch normalisation nor dropout. With batch
    normalisation each part is normalised by its own statistics (those of all processes, if synchronised), and moves
    the running ones once; with dropout each part draws anew.

    Gradients are summed over the processes once, after the last part, so that none is left waiting in the middle of
    its backward pass for one that has no memory left.
    """

    def __init__(
        self, recogniser: Recogniser, config: Config, process: Process, losses: Losses = ctc_losses,
        teacher: Recogniser | None = None,
    ) -> None:
        self.recogniser, self.config, self.process, self.losses = recogniser, config, process, losses
        self.teacher = teacher.to(process.device).eval() if teacher else None
        self._weights = list(recogniser.network.parameters())
        shared = process.world > 1 and config.train.synchronise_statistics
        self._exchange = Exchange() if shared else None
        for module in recogniser.network.modules():
            if isinstance(module, SequenceBatchNorm):
                module.exchange = self._exchange

    def compute(self, batch: Batch, n_utterances: int, n_parts: int = 1) -> StepSummary:
        """Leave the gradient in the weights' `.grad`.

        n_utterances, n_parts  of the step: the same in every process
        raises  Ds2Error where not even silence fits into memory
        """
        mine, answers = StepSummary(skipped=list(batch.skipped)), []
        gradients: list[Tensor] = []
        waiting = split_batch(batch, n_parts)
        while waiting:
            part = waiting.pop(0)
            before = self._statistics()
            answer = None
            try:
                answer = self._pass(part, n_utterances)
            except RuntimeError as problem:
                _must_be_memory(problem, part)
            need = self._need(part, answer)
            if answer is not None and need == NOTHING:
                gradients = _added(gradients, answer.gradients)
                answers.append((part.ids, answer.loss * n_utterances, answer.finite))
                continue
            self.recogniser.network.load_state_dict(before, strict=False)
            if answer is None:
                part = _lightened(part, mine)
            waiting[:0] = split_batch(part, 2) if need == FEWER_UTTERANCES else [part]
        for weights, gradient in zip(self._weights, all_reduce_together(self.process, gradients), strict=True):
            weights.grad = gradient
        return self._summary(mine, answers)

    def _statistics(self) -> dict[str, Tensor]:
        """A copy of what a pass through the network changes in it."""
        return {name: buffer.clone() for name, buffer in self.recogniser.network.named_buffers()}

    def _need(self, part: Batch, answer: MicrobatchResult | None) -> int:
        """What must be done about a part, in any process."""
        need = NOTHING
        if answer is None:
            if torch.cuda.is_available():
                torch.cuda.empty_cache()  # in pieces of other sizes it may be enough
            self._stand_in(part)
            need = FEWER_UTTERANCES if len(part.ids) > 1 else NO_SUCH_UTTERANCE
        return all_reduce_max(self.process, need)

    def _stand_in(self, part: Batch) -> None:
        """Take part, with silence, in what the others still have to sum up; all of it will be thrown away."""
        if self._exchange is not None:
            self._pass(silent_batch(part), 1, self._exchange.answered)

    def _pass(self, batch: Batch, n_utterances: int, answered: int = 0) -> MicrobatchResult:
        """Through the network, to the loss and back.

        The loss of an utterance is its mean over the views, what parts the views, and what parts them from the teacher.
        answered  sums over all processes that the others have already
        """
        if self._exchange is not None:
            self._exchange.begin(answered)
        device, n_views = self.process.device, len(batch.views)
        waveforms, lengths = batch.waveforms.to(device, non_blocking=True), batch.lengths.to(device, non_blocking=True)
        taught = self._taught(waveforms, lengths)
        with torch.no_grad():
            features, frames = self.recogniser.frontend(waveforms, lengths)
            features = torch.cat([self._distorted(features, masks) for masks in batch.views])
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=self._uses_bf16()):
            log_probs, frames = self.recogniser.network(features, frames.repeat(n_views))
        # As many as `frames`, without waiting for the device to say so.
        counts = n_output_frames(n_frames(batch.lengths, self.config.features), self.config.model)
        spelled = counts.repeat(n_views), batch.targets.repeat(n_views, 1), batch.target_lengths.repeat(n_views)
        losses = self.losses(log_probs, *spelled).view(n_views, -1).mean(0)
        if n_views > 1:
            losses = losses + self.config.augment.consistency * consistency_losses(log_probs, frames, n_views)
        if taught is not None:
            apart = distillation_losses(log_probs, taught.repeat(n_views, 1, 1), frames).view(n_views, -1).mean(0)
            losses = losses + self.config.loss.distillation * apart
        loss, finite = utterance_mean(losses if batch.ids else losses * 0.0, n_utterances)
        # A gradient may lie in memory as its weights do not (that of a 1-D convolution does), and the fused optimiser,
        # which walks both in order, would move the wrong weights.
        gradients = [gradient.contiguous() for gradient in torch.autograd.grad(loss, self._weights)]
        return MicrobatchResult(loss.detach(), finite, gradients)

    @torch.no_grad()
    def _taught(self, waveforms: Tensor, lengths: Tensor) -> Tensor | None:
        """(B, T', V) what the teacher hears in them, where there is one: with no masks and their own vocal tracts."""
        if self.teacher is None:
            return None
        with torch.autocast(waveforms.device.type, torch.bfloat16, enabled=self._uses_bf16()):
            return self.teacher(waveforms, lengths)[0]

    def _distorted(self, features: Tensor, masks: list[Masks]) -> Tensor:
        """Features (B, T, F) with other vocal tracts, then masked."""
        if any(one.scale != 1 for one in masks):
            scales = torch.tensor([one.scale for one in masks], dtype=torch.float64)
            features = self.recogniser.frontend.scale_frequencies(features, scales)
        return mask_features(features, masks)

    def _uses_bf16(self) -> bool:
        wanted = self.config.train.precision
        # A CPU without bf16 units is 2.8 times slower with it.
        return wanted == "bf16" or (wanted == "auto" and str(self.process.device).startswith("cuda"))

    def _summary(self, mine: StepSummary, answers: list[tuple[list[str], Tensor, Tensor]]) -> StepSummary:
        """This process's answers and troubles, with everybody else's."""
        loss = torch.stack([loss for _, loss, _ in answers]).sum()
        count = torch.stack([finite[: len(ids)].sum() for ids, _, finite in answers]).sum()
        troubles = len(mine.skipped) + len(mine.split) + sum(len(ids) for ids, _, _ in answers) - count
        sums = torch.stack([loss, count.to(loss), troubles.to(loss)])
        loss_sum, n_finite, n_troubles = all_reduce(self.process, sums).tolist()
        whole = StepSummary(loss_sum, int(n_finite))
        if n_troubles:
            for ids, _, finite in answers:
                mine.not_finite += [one for one, good in zip(ids, finite.tolist(), strict=False) if not good]
            for one in all_gather(self.process, mine):
                whole.skipped += one.skipped
                whole.not_finite += one.not_finite
                whole.split += one.split
        return whole


def _must_be_memory(problem: RuntimeError, part: Batch) -> None:
    """raises  the problem, unless it is that memory is full; Ds2Error where that is so with nothing left to take out"""
    if not is_out_of_memory(problem):
        raise problem
    if not part.ids:
        hint = "use a smaller network, or a device with more memory"
        raise Ds2Error("out of memory even without audio", hint=hint) from None


def _lightened(part: Batch, mine: StepSummary) -> Batch:
    """A part that did not fit, noted; without its utterance where it has one alone."""
    if len(part.ids) > 1:
        mine.split += [one for one in part.ids if one not in mine.split]
        return part
    mine.skipped.append((part.ids[0], TOO_LARGE))
    return silent_batch(part)


def _added(sums: list[Tensor], more: list[Tensor]) -> list[Tensor]:
    if not sums:
        return more
    torch._foreach_add_(sums, more)
    return sums
