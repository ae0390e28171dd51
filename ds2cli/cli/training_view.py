"""What a person sees of a training run: rows that stay, a bar that moves; plain lines where nobody watches."""

import time
from pathlib import Path

from ds2cli.cli import terminal
from ds2cli.config import Config
from ds2cli.errors import Ds2Error
from ds2cli.phrases import clock, first_few

SHOWN_SKIPS = 3
SMOOTHING = 0.95
PLAIN_LINE_SECONDS = 60.0
# Beyond this share of the time a processor that waits for data is worth a word at the end.
MUCH_WAITING = 0.05


class TrainingView:
    """Shows the events of a run as they come; a context, so that the bar is always taken down."""

    def __init__(self, config: Config, device: str, strict: bool, rate: str = "WER") -> None:
        self.settings, self.strict, self._device, self._rate = config.train, strict, device, rate
        self.step = self.epoch = 0
        self.skipped: set[str] = set()
        self._without_loss: set[str] = set()
        self._loss: float | None = None
        self._started = self._said = time.monotonic()
        self.progress, self._began_at = 0.0, -1.0
        self._audio_seconds = self._waited = 0.0
        self._at_row = self._started, 0.0  # when the evaluation before was shown, and how long had been waited by then
        self._has_split = False
        self._bar = terminal.Bar()

    def __enter__(self) -> "TrainingView":
        # Of phones and Chinese characters there is one rate: that of their letters says nothing more.
        rates = "    CER     WER" if self._rate == "WER" else f"    {self._rate}"
        terminal.say(f"epoch      loss       dev {rates}   elapsed  waited")
        self._bar.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._bar.__exit__(*problem)

    def show(self, event) -> None:
        """One event, by its kind."""
        from ds2cli.runs.events import EvaluationEvent, RollbackEvent, StepEvent

        self.step = event.step
        if isinstance(event, StepEvent):
            self._show_step(event)
        elif isinstance(event, RollbackEvent):
            self._show_rollback(event)
        elif isinstance(event, EvaluationEvent):
            self._show_evaluation(event)

    def say_waiting(self) -> None:
        """One line and the cure, where much of the run's time went into waiting for data."""
        share = self._waited / max(time.monotonic() - self._started, 1e-3)
        if share > MUCH_WAITING:
            terminal.say(f"{100 * share:.0f} % of the time went into waiting for data")
            # A CPU has no cores to spare for more readers: they would take the network's.
            more = "" if self._device == "cpu" else "read in more processes: --set batch.workers=4   ·   "
            terminal.say(f"hint: {more}many small files: ds2 prepare shard, once")

    def say_end(self, run: Path) -> None:
        """Why a run has ended, where it was not the last of its epochs."""
        if not self.step:
            terminal.say(f"`{run}` was done already")
        elif self.epoch < self.settings.epochs:
            if self.progress < 1:
                terminal.say(f"ended early: no better for {self.settings.patience} evaluations")
            else:
                minutes = f"{self.settings.minutes:g} minutes"
                terminal.say(f"ended after {self.epoch} of {self.settings.epochs} epochs: its {minutes} were spent")

    def _show_step(self, event) -> None:
        self._loss = _smoothed(self._loss, event.loss)
        self.progress = event.progress
        self._began_at = event.progress if self._began_at < 0 else self._began_at
        self._audio_seconds += event.audio_seconds
        self._waited += event.waited
        self._name_skipped(event.skipped)
        self._name_not_finite(event)
        self._name_split(event)
        elapsed = max(time.monotonic() - self._started, 1e-3)
        done = event.progress - self._began_at
        left = elapsed * (1 - event.progress) / done if done > 0 else 0.0
        line = (
            f"loss {'n/a' if self._loss is None else f'{self._loss:.2f}'}   "
            f"{self._audio_seconds / elapsed:,.0f}x real time   "
            f"{100 * self._waited / elapsed:.0f} % waiting for data   {clock(left)} left"
        )
        self._bar.update(f"epoch {int(event.epoch) + 1}", event.progress, line)
        if not terminal.is_interactive() and time.monotonic() - self._said > PLAIN_LINE_SECONDS:
            self._said = time.monotonic()
            terminal.say(f"step {event.step:,}   epoch {event.epoch:.2f}   {100 * event.progress:.0f} % done   {line}")

    def _name_skipped(self, skipped: list[tuple[str, str]]) -> None:
        for identity, reason in skipped:
            if self.strict:
                raise Ds2Error(f"`{identity}`: {reason}", hint="without --strict it is skipped and counted")
            if identity not in self.skipped and len(self.skipped) < SHOWN_SKIPS:
                self._bar.say(f"warning: skipped `{identity}`: {reason}")
            self.skipped.add(identity)

    def _name_not_finite(self, event) -> None:
        new = [one for one in event.not_finite if one not in self.skipped]
        if new:
            self._bar.say(f"warning: loss is not finite at step {event.step:,}: {first_few(new)} taught nothing")
            self.skipped.update(new)

    def _name_without_loss(self, event) -> None:
        new = [one for one in event.not_finite if one not in self._without_loss]
        if new:
            self._bar.say(f"warning: held out, but without a finite loss (their words count): {first_few(new)}")
            self._without_loss.update(new)

    def _name_split(self, event) -> None:
        if not event.split:
            return
        if not self._has_split:
            self._bar.say(
                f"warning: out of memory at step {event.step:,} with {len(event.split)} utterances: "
                f"{first_few(event.split)}; computed in smaller parts, here and wherever it must be"
            )
            self._bar.say("hint: faster without: --set batch.accumulate=2, or a lower --batch-seconds")
        self._has_split = True

    def _show_rollback(self, event) -> None:
        self._loss = None
        self._bar.say(
            f"warning: loss is not finite at step {event.from_step:,}, nor at those before it "
            f"({first_few(event.not_finite)}): back to step {event.step:,}, "
            f"with {event.rate_share:g} of the learning rate"
        )

    def _show_evaluation(self, event) -> None:
        self.epoch = event.epoch
        self._name_skipped(event.skipped)
        best = "  best" if event.best else ""
        self._name_without_loss(event)
        rates = f"{rate(event.cer) if self._rate == 'WER' else ''}{rate(event.wer)}"
        self._bar.say(
            f"{event.epoch:5d}{loss(event.train_loss)}{loss(event.dev_loss)}{rates}"
            f"{clock(event.seconds):>10}{self._waited_since_row():6.0f} %{best}"
        )
        for sample in event.samples[:1] if not terminal.is_verbose() else event.samples:
            self._bar.say(f"      ref  {sample['text']}")
            self._bar.say(f"      hyp  {sample['pred_text']}")

    def _waited_since_row(self) -> float:
        """Per cent of the time since the evaluation before that went into waiting for data."""
        (shown_at, waited_by), now = self._at_row, time.monotonic()
        self._at_row = now, self._waited
        return 100 * (self._waited - waited_by) / max(now - shown_at, 1e-3)


def loss(value: float | None) -> str:
    """Nats, in a column."""
    return f"{value:10.3f}" if value is not None else "       n/a"


def _smoothed(before: float | None, now: float | None) -> float | None:
    if before is None or now is None:
        return now if before is None else before
    return SMOOTHING * before + (1 - SMOOTHING) * now


def rate(value: float | None) -> str:
    """A rate in per cent, in a column."""
    return f"{value:8.2f}" if value is not None else "     n/a"
