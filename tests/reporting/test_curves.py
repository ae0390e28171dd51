"""A learning curve tells what the metrics hold, at any moment of a run."""

import json
import math

import pytest

from ds2cli.errors import UsageError
from ds2cli.reporting.curves import draw_curve, read_history, smoothed, thin


def step(number: int, loss: float) -> dict:
    return {"event": "step", "step": number, "epoch": number / 10, "loss": loss}


def evaluation(number: int, wer: float | None, best: bool = False, cer: float | None = None) -> dict:
    return {"event": "evaluation", "step": number, "epoch": number // 10, "train_loss": 2.0, "dev_loss": 3.0,
            "wer": wer, "cer": wer and wer / 2 if cer is None else cer, "best": best}  # fmt: skip


@pytest.fixture
def metrics(tmp_path):
    def write(*events, tail=""):
        path = tmp_path / "metrics.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in events) + tail)
        return path

    return write


STEPS = [step(number, 100 / number) for number in range(1, 21)]
RUN = [*STEPS[:10], evaluation(10, 60.0, True), *STEPS[10:], evaluation(20, 5.5, True), evaluation(30, 7.0)]


def test_the_curve_names_its_best_evaluation(metrics, tmp_path):
    assert read_history(metrics(*RUN)).best["step"] == 20
    draw_curve(metrics(*RUN), tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text().startswith("<?xml")


def test_the_same_metrics_give_the_same_picture(metrics, tmp_path):
    for name in ("a.svg", "b.svg"):
        draw_curve(metrics(*RUN), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(
    "events",
    [
        [step(1, 5.0)],
        [evaluation(10, 100.0, True)],
        [step(1, 5.0), evaluation(1, None, True)],
        [step(1, 5.0), evaluation(1, 0.0, True)],
        [step(1, math.nan), step(2, 5.0), {**evaluation(2, 50.0, True), "dev_loss": math.nan}],
        [step(1, 0.0), step(2, 1e9), evaluation(2, 250.0, True, cer=0.01)],
    ],
    ids=["one step", "one evaluation", "no dev set", "no errors", "not finite", "far apart"],
)
def test_every_moment_of_a_run_can_be_drawn(metrics, tmp_path, events):
    draw_curve(metrics(*events), tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_line_cut_short_by_a_kill_is_passed_over(metrics):
    assert len(read_history(metrics(*RUN, tail='{"event": "st')).losses) == 20


def test_a_picture_that_fails_leaves_the_old_one_and_nothing_else(metrics, tmp_path):
    target = tmp_path / "pictures" / "curve.png"
    target.parent.mkdir()
    target.write_text("old")
    with pytest.raises(UsageError, match="no events"):
        draw_curve(metrics(), target)
    with pytest.raises(UsageError, match="cannot write"):
        draw_curve(metrics(*RUN), tmp_path / "nowhere" / "curve.png")
    assert [(path.name, path.read_text()) for path in target.parent.iterdir()] == [("curve.png", "old")]


def test_an_unknown_picture_format_is_refused(metrics, tmp_path):
    with pytest.raises(UsageError, match="format"):
        draw_curve(metrics(*RUN), tmp_path / "curve.gif")


def test_a_smoothed_constant_is_that_constant():
    assert smoothed([3.0] * 50) == pytest.approx([3.0] * 50)


def test_thinning_keeps_the_last_point():
    xs, ys = thin(list(range(10_001)), list(range(10_001)))
    assert len(xs) <= 1200 and xs[-1] == ys[-1] == 10_000
