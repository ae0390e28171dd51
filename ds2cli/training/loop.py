"""The training loop: yields what happens, writes no file, knows no terminal."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from ds2cli.audio.augment import mask_features
from ds2cli.config import Config, OptimizerConfig
from ds2cli.errors import Ds2Error
from ds2cli.model.layers import SequenceBatchNorm
from ds2cli.model.recogniser import Recogniser
from ds2cli.training.average import WeightAverage
from ds2cli.training.batches import plan_epoch
from ds2cli.training.data import Batch, SpeechSet, epoch_batches
from ds2cli.training.distributed import Process, any_of, gathered, total
from ds2cli.training.evaluation import evaluate
from ds2cli.training.events import EvaluationEvent, Event, StepEvent, StoppedEvent
from ds2cli.training.loss import consistency_losses, ctc_losses, utterance_mean
from ds2cli.training.schedule import learning_rate

# So many steps in a row without a finite loss, and the run stops rather than waste the night.
PATIENCE_NOT_FINITE = 50


@dataclass
class Position:
    """Where a run is: all that a resumed run must know besides weights and optimiser."""

    epoch: int = 0
    step_of_epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_count: int = 0
    best_wer: float = float("inf")
    best_loss: float = float("inf")


@dataclass
class Trainer:
    """One process's part of a training run.

    should_stop  asked after every step; True saves and ends
    """

    recogniser: Recogniser
    train: SpeechSet
    dev: SpeechSet | None
    config: Config
    process: Process
    should_stop: Callable[[], bool] = lambda: False
    position: Position = field(default_factory=Position)

    def __post_init__(self) -> None:
        self.recogniser.to(self.process.device)
        self.optimizer = make_optimizer(self.recogniser.network, self.config.optimizer)
        self.average = WeightAverage(self.recogniser, self.config.optimizer.average)
        self.network = self._distributed(self.recogniser.network)
        self._not_finite_in_a_row = 0
        self._saved_at = time.monotonic()

    def _distributed(self, network: nn.Module) -> nn.Module:
        if self.process.world == 1:
            return network
        for module in network.modules():
            if isinstance(module, SequenceBatchNorm):
                module.synchronised = self.config.train.synchronise_statistics
        with warnings.catch_warnings():  # torch 2.13 renames broadcast_buffers; older ones know no other name
            warnings.simplefilter("ignore", FutureWarning)
            return DistributedDataParallel(network, broadcast_buffers=False, gradient_as_bucket_view=True)

    def state(self) -> dict:
        """All that `restore` needs to go on as if never stopped; plain tensors, numbers and texts."""
        return {
            "weights": self.recogniser.state_dict(),
            "average": self.average.weights,
            "optimizer": self.optimizer.state_dict(),
            "position": vars(self.position).copy(),
        }

    def restore(self, state: dict) -> None:
        """Take up a saved state."""
        self.recogniser.load_state_dict(state["weights"])
        self.average.weights = {name: tensor.to(self.process.device) for name, tensor in state["average"].items()}
        self.optimizer.load_state_dict(state["optimizer"])
        self.position = Position(**state["position"])

    def events(self, save: Callable[[bool], None]) -> Iterator[Event]:
        """Train to the end, or to the first step after should_stop.

        save  called with True where the evaluated weights are the best yet, with False to keep the position
        """
        position, settings = self.position, self.config.train
        started = time.monotonic() - position.seconds
        while position.epoch < settings.epochs:
            plan = plan_epoch(
                self.train.durations, self.config.batch, settings.seed, position.epoch, self.process.world
            )
            batches = epoch_batches(self.train, plan, self.process.rank, position.epoch, position.step_of_epoch)
            asked_at = time.monotonic()
            for batch in batches:
                waited = time.monotonic() - asked_at
                event = self._step(batch, len(plan), plan[position.step_of_epoch], waited, started)
                yield event
                if any_of(self.process, self.should_stop()):
                    save(False)
                    any_of(self.process, False)  # nobody leaves before the first process has saved
                    yield StoppedEvent(position.step)
                    return
                if time.monotonic() - self._saved_at > settings.save_seconds:
                    save(False)
                    self._saved_at = time.monotonic()
                asked_at = time.monotonic()
            position.epoch, position.step_of_epoch = position.epoch + 1, 0
            if position.epoch % settings.evaluate_every == 0 or position.epoch == settings.epochs:
                yield self._evaluation(started, save)
            save(False)
            self._saved_at = time.monotonic()

    def _step(self, batch: Batch, n_steps: int, dealt: list, waited: float, started: float) -> StepEvent:
        position, settings = self.position, self.config
        progress = (position.epoch + position.step_of_epoch / n_steps) / settings.train.epochs
        rate = learning_rate(settings.optimizer, position.epoch, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        # Dropout draws from seed and step, so there is no random state to save.
        torch.manual_seed((settings.train.seed * 1_000_003 + position.step) * 64 + self.process.rank)
        self.recogniser.train()
        n_utterances = sum(len(part) for part in dealt)
        loss, finite, norm = self._gradients(batch, n_utterances)
        unheard = batch.skipped, [one for one, good in zip(batch.ids, finite.tolist(), strict=False) if not good]
        seen = torch.stack([loss * n_utterances, finite.sum().to(loss), loss.new_tensor(len(unheard[0] + unheard[1]))])
        loss_sum, count, n_unheard = total(self.process, seen).tolist()
        everywhere = gathered(self.process, unheard) if n_unheard else []
        healthy = bool(torch.isfinite(norm)) and count > 0
        if healthy:
            self.optimizer.step()
            self.average.update(position.step)
        self._count_not_finite(healthy, batch)
        position.step += 1
        position.step_of_epoch += 1
        position.loss_sum += loss_sum
        position.loss_count += int(count)
        position.seconds = time.monotonic() - started
        return StepEvent(
            step=position.step,
            epoch=position.epoch + position.step_of_epoch / n_steps,
            loss=loss_sum / max(count, 1),
            learning_rate=rate,
            gradient_norm=float(norm),
            seconds=position.seconds,
            audio_seconds=sum(self.train.durations[index] for part in dealt for index in part),
            skipped=[one for skipped, _ in everywhere for one in skipped],
            not_finite=[one for _, not_finite in everywhere for one in not_finite],
            waited=waited,
        )

    def _gradients(self, batch: Batch, n_utterances: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """This process's part of the mean loss, which utterances' are finite, and the clipped gradients' norm."""
        self.optimizer.zero_grad(set_to_none=True)
        try:
            loss, finite = utterance_mean(self._losses(batch), n_utterances)
            (loss * self.process.world).backward()  # the processes' gradients are averaged: this makes them a sum
        except torch.OutOfMemoryError:
            longest = int(batch.lengths.max()) / self.config.features.sample_rate
            raise Ds2Error(
                f"out of memory with {len(batch.ids)} utterances of up to {longest:.0f} s",
                hint=f"lower it: --batch-seconds {self.config.batch.seconds / 2:g}",
            ) from None
        most = self.config.optimizer.clip_norm or float("inf")
        norm = nn.utils.clip_grad_norm_(self.recogniser.network.parameters(), most)
        return loss.detach(), finite, norm

    def _losses(self, batch: Batch) -> torch.Tensor:
        """(B,) the loss of each utterance: CTC's mean over its views, and what parts the views."""
        device, n_views = self.process.device, len(batch.views)
        waveforms, lengths = batch.waveforms.to(device, non_blocking=True), batch.lengths.to(device, non_blocking=True)
        with torch.no_grad():
            features, frames = self.recogniser.frontend(waveforms, lengths)
            features = torch.cat([mask_features(features, masks) for masks in batch.views])
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=self._uses_bf16()):
            log_probs, frames = self.network(features, frames.repeat(n_views))
        targets = batch.targets.to(device).repeat(n_views, 1)
        target_lengths = batch.target_lengths.to(device).repeat(n_views)
        losses = ctc_losses(log_probs, frames, targets, target_lengths).view(n_views, -1).mean(0)
        if n_views > 1:
            losses = losses + self.config.augment.consistency * consistency_losses(log_probs, frames, n_views)
        return losses if batch.ids else losses * 0.0

    def _uses_bf16(self) -> bool:
        wanted = self.config.train.precision
        # A CPU without bf16 units is 2.8 times slower with it.
        return wanted == "bf16" or (wanted == "auto" and str(self.process.device).startswith("cuda"))

    def _count_not_finite(self, healthy: bool, batch: Batch) -> None:
        self._not_finite_in_a_row = 0 if healthy else self._not_finite_in_a_row + 1
        if self._not_finite_in_a_row >= PATIENCE_NOT_FINITE:
            names = ", ".join(f"`{one}`" for one in batch.ids[:3])
            raise Ds2Error(
                f"loss is not finite at step {self.position.step}, nor at the {PATIENCE_NOT_FINITE} before it; "
                f"utterances {names}",
                hint="try a lower rate: --lr 1e-4; the last good checkpoint is intact",
            )

    def _evaluation(self, started: float, save: Callable[[bool], None]) -> EvaluationEvent:
        position = self.position
        train_loss = position.loss_sum / max(position.loss_count, 1)
        position.loss_sum, position.loss_count = 0.0, 0
        best, result = True, None
        if self.dev is not None:
            with self.average.applied():
                result = evaluate(self.recogniser, self.dev, self.process)
                wer = float("inf") if result.wer is None else result.wer
                best = (wer, result.loss) < (position.best_wer, position.best_loss)
                if best:
                    position.best_wer, position.best_loss = wer, result.loss
                    save(True)
        else:
            with self.average.applied():
                save(True)
        position.seconds = time.monotonic() - started
        return EvaluationEvent(
            step=position.step,
            epoch=position.epoch,
            train_loss=train_loss,
            dev_loss=result.loss if result else None,
            wer=result.wer if result else None,
            cer=result.cer if result else None,
            seconds=position.seconds,
            best=best,
            samples=result.samples if result else [],
            skipped=result.skipped if result else [],
        )


def make_optimizer(network: nn.Module, settings: OptimizerConfig) -> torch.optim.Optimizer:
    """AdamW on matrices with decay, on vectors without; or the paper's SGD with Nesterov momentum (section 3)."""
    if settings.kind == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(
            network.parameters(), lr=settings.learning_rate, momentum=momentum, nesterov=momentum > 0
        )
    matrices = [weights for weights in network.parameters() if weights.dim() > 1]
    vectors = [weights for weights in network.parameters() if weights.dim() == 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), fused=True)
