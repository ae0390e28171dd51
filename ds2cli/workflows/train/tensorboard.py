"""What TensorBoard shows of a run, beside metrics.jsonl."""

from pathlib import Path

from ds2cli.errors import UsageError
from ds2cli.runs.events import EvaluationEvent, Event, StepEvent


def needs_tensorboard() -> None:
    """raises  UsageError where the package is missing"""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError:
        hint = "pip install 'ds2cli[tensorboard]', or leave out train.tensorboard"
        raise UsageError("`train.tensorboard` needs the package `tensorboard`", hint=hint) from None


class Board:
    """An events file in a run's folder for them."""

    def __init__(self, folder: Path, step: int) -> None:
        """step  where the run goes on: what a killed one wrote beyond it is no longer shown"""
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder), purge_step=step + 1)

    def show(self, event: Event) -> None:
        """One event, by its kind."""
        if isinstance(event, StepEvent):
            self._add(event.step, "step", event, ("loss", "learning_rate", "gradient_norm"))
        elif isinstance(event, EvaluationEvent):
            self._add(event.step, "evaluation", event, ("train_loss", "dev_loss", "dev_objective"))
            self._add(event.step, "evaluation", event, ("wer", "cer") if event.rate == "WER" else ("wer",))
            for number, sample in enumerate(event.samples):
                text = f"    ref  {sample['text']}\n    hyp  {sample['pred_text']}"
                self._writer.add_text(f"sample/{number}", text, event.step)
            self._writer.flush()

    def _add(self, step: int, group: str, event: Event, names: tuple[str, ...]) -> None:
        for name in names:
            value = getattr(event, name)
            if value is not None:
                label = event.rate.lower() if name == "wer" and isinstance(event, EvaluationEvent) else name
                self._writer.add_scalar(f"{group}/{label}", value, step)

    def close(self) -> None:
        self._writer.close()
