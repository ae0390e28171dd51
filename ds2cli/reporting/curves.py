"""A run's learning curve: what the loss and the error rates did, and where the best network stands."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ds2cli import hints
from ds2cli.errors import UsageError
from ds2cli.reporting.pictures import BLUE, FAINT, INK, SKY, VERMILION, figure, light_grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More points than pixels only make the file large.
_POINTS = 1200
_RATE_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
_LOG_SPREAD = 8
_LOSSES = {"ctc": "CTC", "ctc_crf": "CTC-CRF", "transducer": "transducer"}


@dataclass
class History:
    """The events of a metrics file, column by column.

    epochs, losses  of each step; epochs as a fraction (2.5: half way through the third)
    evaluations     the evaluation events, each with `at`, the epoch as a fraction
    """

    epochs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    evaluations: list[dict] = field(default_factory=list)

    @property
    def best(self) -> dict | None:
        return next((event for event in reversed(self.evaluations) if event.get("best")), None)


def read_history(path: str | Path) -> History:
    """The events of a run's metrics.jsonl; a last line cut short by a kill is passed over.

    raises  UsageError where there is no such file, or nothing in it
    """
    history, epoch_of = History(), {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise UsageError(f"no such file: `{path}`", hint=hints.A_RUN_WRITES_IT) from None
    for number, line in enumerate(lines, 1):
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            if number == len(lines):
                break
            raise UsageError(f"`{path}`, line {number}: not JSON", hint="was the file edited?") from None
        if not isinstance(event, dict) or "event" not in event:
            hint = "a run writes it: RUN/metrics.jsonl"
            raise UsageError(f"`{path}`, line {number}: not an event of a training run", hint=hint)
        if event["event"] == "step" and _is_number(event.get("loss")):
            epoch_of[event["step"]] = event["epoch"]
            history.epochs.append(event["epoch"])
            history.losses.append(event["loss"])
        elif event["event"] == "evaluation":
            history.evaluations.append({**event, "at": epoch_of.get(event["step"], event["epoch"])})
    if not history.losses and not history.evaluations:
        raise UsageError(f"`{path}` holds no events yet", hint="the curve begins with the first steps of ds2 train")
    return history


def draw_curve(metrics_path: str | Path, out_path: str | Path) -> None:
    """The picture of a run: loss above, error rates below, the best evaluation marked.

    Written beside and renamed, so that whoever watches the file never sees half a picture.
    raises  UsageError where metrics_path has no events or out_path cannot be written
    """
    history = read_history(metrics_path)
    rated = [event for event in history.evaluations if event.get("wer") is not None]
    with figure(out_path, 7.2, 5.6 if rated else 3.4) as page:
        panels = page.subplots(2 if rated else 1, 1, sharex=True, squeeze=False)[:, 0]
        _draw_loss(panels[0], history)
        if rated:
            _draw_rates(panels[1], rated)
        panels[-1].set_xlabel("epoch")
        panels[-1].xaxis.get_major_locator().set_params(integer=True)
        for panel in panels:
            panel.set_xlim(left=0)
            light_grid(panel)
            if history.best is not None:
                panel.axvline(history.best["at"], color=FAINT, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)


def _draw_loss(panel: "Axes", history: History) -> None:
    kind = history.evaluations[-1].get("loss_kind", "ctc") if history.evaluations else "ctc"
    panel.set_title(f"{_LOSSES.get(kind, kind)} loss (nats per utterance)")
    values = list(history.losses)
    if history.losses:
        epochs, losses = thin(history.epochs, history.losses)
        panel.plot(epochs, losses, color=SKY, linewidth=0.6, alpha=0.55, label="each step")
        panel.plot(*thin(history.epochs, smoothed(history.losses)), color=BLUE, linewidth=1.6, label="train, smoothed")
    # The held-out loss beside train's is the one of the same kind.
    of_dev = "dev_loss" if kind == "ctc" else "dev_objective"
    dev = [(event["at"], event[of_dev]) for event in history.evaluations if _is_number(event.get(of_dev))]
    if dev:
        panel.plot(*zip(*dev, strict=True), color=VERMILION, marker="o", markersize=3.2, linewidth=1.4, label="dev")
        values += [loss for _, loss in dev]
    positive = [value for value in values if value > 0]
    if positive and max(positive) > _LOG_SPREAD * min(positive) and len(positive) == len(values):
        from matplotlib.ticker import LogLocator

        panel.set_yscale("log", subs=())
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        panel.set_ylim(bottom=0)
    panel.legend(loc="upper right", ncols=3)


def _draw_rates(panel: "Axes", events: list[dict]) -> None:
    panel.set_title("error rate on dev (%)")
    at = [event["at"] for event in events]
    rate = events[-1].get("rate", "WER")
    names = {"wer": (rate, VERMILION, "o", "-"), "cer": ("CER", BLUE, "s", (0, (5, 1.5)))}
    if rate != "WER":
        del names["cer"]  # of phones, or the same
    for name, (label, colour, marker, dashes) in names.items():
        rates = [event[name] if _is_number(event.get(name)) else math.nan for event in events]
        panel.plot(at, rates, color=colour, marker=marker, markersize=3.2, linewidth=1.5, linestyle=dashes, label=label)
        panel.annotate(label, (at[-1], rates[-1]), (6, 0), textcoords="offset points", color=colour, va="center",
                       fontweight="bold", annotation_clip=False)  # fmt: skip
    _scale_rates(panel, [event[name] for event in events for name in names if _is_number(event.get(name))])
    best = next((event for event in reversed(events) if event.get("best")), None)
    if best is not None:
        panel.plot(best["at"], best["wer"], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK)
        text = f"best: {rate} {best['wer']:.2f}"
        text += f", CER {best['cer']:.2f}" if "cer" in names and _is_number(best.get("cer")) else ""
        panel.set_title(f"{text} % at epoch {best['at']:g}, step {best['step']:,}", loc="right", fontweight="normal")


def _scale_rates(panel: "Axes", rates: list[float]) -> None:
    """From nought where rates are alike; else logarithmic, so that 6 against 5 % shows as well as 60 against 50."""
    highest, lowest = max(rates), min(rates)
    if lowest <= 0 or highest < _LOG_SPREAD * lowest:
        panel.set_ylim(0, highest * 1.1 or 1)
        return
    panel.set_yscale("log", subs=())
    panel.set_ylim(lowest / 1.25, highest * 1.25)
    panel.set_yticks([tick for tick in _RATE_TICKS if lowest / 1.25 <= tick <= highest * 1.25])
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")


def smoothed(values: list[float], window: float = 0.02) -> list[float]:
    """An exponential mean over about a fiftieth of the run (20 steps at least), without the start's bias."""
    keep = 1 - 1 / max(20.0, window * len(values))
    mean, weight, result = 0.0, 0.0, []
    for value in values:
        mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        result.append(mean / weight)
    return result


def thin(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """At most _POINTS of the points, at even steps, the last among them."""
    step = -(-len(xs) // _POINTS) or 1
    keep = range((len(xs) - 1) % step, len(xs), step)
    return [xs[at] for at in keep], [ys[at] for at in keep]


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
