"""The training loop: yields what happens, writes no file, knows no terminal."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from ds2cli.config import Config
from ds2cli.model.encoder.layers import set_dropout
from ds2cli.model.recogniser import Recogniser
from ds2cli.runs.events import (
    BestEvent,
    EvaluationEvent,
    RollbackEvent,
    SaveEvent,
    StepEvent,
    StoppedEvent,
    TrainerEvent,
)
from ds2cli.training.average import WeightAverage
from ds2cli.training.batches import Plan, plan_epoch
from ds2cli.training.budget import look_at_the_clock, share_spent
from ds2cli.training.data import Batch, SpeechSet, epoch_batches
from ds2cli.training.distributed import Process, all_gather, any_process, broadcast_number, wait_for_all
from ds2cli.training.evaluation import evaluate, evaluation_rank
from ds2cli.training.gradients import StepGradients
from ds2cli.training.losses.choice import Losses
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.optimizers import make_optimizer
from ds2cli.training.rollback import divergence_error, has_diverged, may_roll_back, roll_back
from ds2cli.training.schedule import Plateau, learning_rate
from ds2cli.training.trainer_state import TrainerState


@dataclass
class Trainer:
    """One process's part of a training run.

    should_stop  asked after every step; True saves and ends
    last_saved   the state that was kept at the last SaveEvent, to go back to; None where nothing is kept
    losses       what is brought down
    teacher      whose answers are learned too
    clock        seconds, from any moment on
    """

    recogniser: Recogniser
    train: SpeechSet
    dev: SpeechSet | None
    config: Config
    process: Process
    should_stop: Callable[[], bool] = lambda: False
    last_saved: Callable[[], dict | None] = lambda: None
    losses: Losses = ctc_losses
    teacher: Recogniser | None = None
    position: TrainerState = field(default_factory=TrainerState)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self.recogniser.to(self.process.device)
        self.optimizer = make_optimizer(self.recogniser.network, self.config.optimizer)
        self.average = WeightAverage(self.recogniser, self.config.optimizer.average)
        self.gradients = StepGradients(self.recogniser, self.config, self.process, self.losses, self.teacher)
        self._started = self._saved_at = self.clock()
        self._stopped = False

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
        self.position = TrainerState(**state["position"])

    def events(self) -> Iterator[TrainerEvent]:
        """Train to the end, or to the first step after should_stop."""
        settings = self.config.train
        self._started = self.clock() - self.position.seconds
        if self.position.step == 0:
            yield SaveEvent(0)  # a full disk is known at once, and there is always a way back
        while not self._is_done():
            plan = plan_epoch(
                self.train.durations, self.config.batch, settings.seed, self.position.epoch, self.process.world
            )
            yield from self._steps(plan)
            position = self.position
            if self._stopped:
                yield StoppedEvent(position.step)
                return
            if position.step_of_epoch < len(plan) and not self._is_out_of_time():
                continue  # rolled back
            position.epoch, position.step_of_epoch = position.epoch + 1, 0
            if position.epoch % settings.evaluate_every == 0 or self._is_done():
                yield from self._evaluation()
            yield from self._save_if_healthy(self._is_done())

    def _is_done(self) -> bool:
        position, settings = self.position, self.config.train
        early = bool(settings.patience) and position.evaluations_since_best >= settings.patience
        return early or position.epoch >= settings.epochs or self._is_out_of_time()

    def _is_out_of_time(self) -> bool:
        return self.config.train.minutes > 0 and share_spent(self.position) >= 1

    def _note_time(self) -> None:
        """What the clock says, to the position and to the budget; the first process's clock counts for all."""
        position, minutes = self.position, self.config.train.minutes
        position.seconds = self.clock() - self._started
        if minutes:
            look_at_the_clock(position, minutes, broadcast_number(self.process, position.seconds))

    def _progress(self, plan: Plan) -> float:
        """The share of all training that lies behind: of its epochs, or of its time where that is shorter."""
        position, settings = self.position, self.config.train
        share = (position.epoch + position.step_of_epoch / len(plan)) / settings.epochs
        return max(share, share_spent(position)) if settings.minutes else share

    def _steps(self, plan: Plan) -> Iterator[TrainerEvent]:
        """The rest of an epoch, up to a stop, a rollback, or the end of the time."""
        start = self.position.step_of_epoch
        batches = epoch_batches(self.train, plan, self.process.rank, self.position.epoch, start)
        asked_at = self.clock()
        for batch in batches:
            waited = self.clock() - asked_at
            event = self._step(batch, plan, waited)
            yield event
            if any_process(self.process, self.should_stop()):
                self._stopped = True
                yield SaveEvent(self.position.step)
                wait_for_all(self.process)  # nobody leaves before the first process has saved
                return
            if has_diverged(self.position, event.not_finite):
                yield self._roll_back(event.not_finite)
                return
            if self._is_out_of_time():
                return
            if self.clock() - self._saved_at > self.config.train.save_seconds:
                yield from self._save_if_healthy()
            asked_at = self.clock()

    def _save_if_healthy(self, is_last: bool = False) -> Iterator[SaveEvent]:
        """Weights that teach nothing any more are no place to go back to."""
        if is_last or not self.position.not_finite_in_a_row:
            yield SaveEvent(self.position.step)
            self._saved_at = self.clock()

    def _roll_back(self, not_finite: list[str]) -> RollbackEvent:
        astray = self.position
        state = self.last_saved() if may_roll_back(astray, not_finite) else None
        if state is None:
            raise divergence_error(astray, not_finite)
        self.restore(state)
        self.position = roll_back(self.position, astray)
        return RollbackEvent(
            step=self.position.step,
            from_step=astray.step,
            epoch=self.position.epoch,
            rollbacks=self.position.rollbacks,
            rate_share=self.position.rate_share,
            seconds=self.clock() - self._started,
            not_finite=not_finite,
            is_evaluated=self.position.step_of_epoch == 0,
        )

    def _step(self, batch: Batch, plan: Plan, waited: float) -> StepEvent:
        position, settings = self.position, self.config
        dealt = plan[position.step_of_epoch]
        progress = self._progress(plan)
        epoch = max(position.epoch, int(progress * settings.train.epochs))  # as a run without a budget counts them
        rate = learning_rate(settings.optimizer, epoch, progress) * position.rate_share
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        # Dropout draws from seed and step, so there is no random state to save.
        torch.manual_seed((settings.train.seed * 1_000_003 + position.step) * 64 + self.process.rank)
        self.recogniser.train()
        if progress < settings.augment.mask_after:
            batch = batch.without_masks()
            set_dropout(self.recogniser.network, 0.0)
        else:
            set_dropout(self.recogniser.network, settings.model.dropout)
        sizes = [len(part) for part in dealt]
        summary = self.gradients.compute(batch, sum(sizes), min(settings.batch.accumulate, max(sizes)))
        most = settings.optimizer.clip_norm or float("inf")
        norm = float(nn.utils.clip_grad_norm_(self.recogniser.network.parameters(), most))
        healthy = math.isfinite(norm) and summary.count > 0
        if healthy:
            self.optimizer.step()
            self.average.update(position.step)
        elif not summary.not_finite:  # every loss is finite, their gradient is not: any of them may be to blame
            summary.not_finite = [one for ids in all_gather(self.process, batch.ids) for one in ids]
        position.not_finite_in_a_row = 0 if healthy else position.not_finite_in_a_row + 1
        position.step += 1
        position.step_of_epoch += 1
        position.loss_sum += summary.loss_sum
        position.loss_count += summary.count
        self._note_time()
        return StepEvent(
            step=position.step,
            epoch=position.epoch + position.step_of_epoch / len(plan),
            loss=summary.loss_sum / summary.count if summary.count else None,
            learning_rate=rate,
            gradient_norm=norm,
            seconds=position.seconds,
            audio_seconds=sum(self.train.durations[index] for part in dealt for index in part),
            skipped=summary.skipped,
            not_finite=summary.not_finite,
            split=summary.split,
            waited=waited,
            progress=min(self._progress(plan), 1.0),
        )

    def _evaluation(self) -> Iterator[BestEvent | EvaluationEvent]:
        position, began = self.position, self.clock()
        train_loss = position.loss_sum / position.loss_count if position.loss_count else None
        position.loss_sum, position.loss_count = 0.0, 0
        best, result = True, None
        with self.average.applied():
            if self.dev is not None:
                result = evaluate(self.recogniser, self.dev, self.process, self.losses)
                rank = evaluation_rank(result.wer, result.loss)
                best = rank < (position.best_wer, position.best_loss)
                self._note(math.inf if result.objective is None else result.objective, best)
                if best:
                    position.best_wer, position.best_loss = rank
            if best:
                yield BestEvent(position.step)
        position.evaluation_seconds = self.clock() - began
        self._note_time()
        yield EvaluationEvent(
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
            not_finite=result.not_finite if result else [],
            loss_kind=self.config.loss.kind,
            dev_objective=result.objective if result else None,
            rate=self.recogniser.units.rate_name,
        )

    def _note(self, loss: float, best: bool) -> None:
        """What an evaluation means for the rate, and for the end of the run; a loss that nobody knows is infinite."""
        position, settings = self.position, self.config.optimizer
        position.evaluations_since_best = 0 if best else position.evaluations_since_best + 1
        if settings.schedule == "plateau":
            plateau = Plateau(position.plateau_best, position.plateau_waited)
            if plateau.is_reached(loss, settings.plateau):
                position.rate_share /= settings.annealing
            position.plateau_best, position.plateau_waited = plateau.best, plateau.waited
