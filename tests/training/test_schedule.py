"""The learning rate over a run."""

import dataclasses

import numpy as np
import pytest
import torch

from ds2cli.config import OptimizerConfig
from ds2cli.training.schedule import Plateau, learning_rate

PEAK = OptimizerConfig(learning_rate=0.01)


def rates(settings: OptimizerConfig, epochs: int = 10, steps: int = 20) -> np.ndarray:
    return np.array(
        [learning_rate(settings, at // steps, at / steps / epochs) for at in range(epochs * steps)]
    )


def test_annealing_divides_every_epoch():
    """The paper's schedule: constant within an epoch, divided by 1.2 after it (section 3)."""
    found = rates(PEAK).reshape(10, 20)
    assert (found == found[:, :1]).all()
    assert np.allclose(found[:-1, 0] / found[1:, 0], 1.2)
    assert found[0, 0] == 0.01


def test_a_constant_rate_is_constant():
    assert set(rates(dataclasses.replace(PEAK, schedule="constant"))) == {0.01}


@pytest.mark.parametrize("schedule", ["anneal", "cosine", "constant"])
def test_warm_up_rises_in_a_line_from_a_twenty_fifth_to_the_peak(schedule):
    found = rates(dataclasses.replace(PEAK, schedule=schedule, warmup=0.25))
    rise = found[:50]
    assert rise[0] == pytest.approx(0.01 / 25)
    assert np.allclose(np.diff(rise), (0.01 - 0.01 / 25) / 50)
    if schedule != "anneal":
        assert found[50] == pytest.approx(0.01)


def test_a_cosine_falls_from_the_peak_to_zero():
    found = rates(dataclasses.replace(PEAK, schedule="cosine", warmup=0.1))
    fall = found[20:]
    assert fall.argmax() == 0 and (np.diff(fall) < 0).all()
    assert fall[len(fall) // 2] == pytest.approx(0.005, rel=0.02)
    assert 0 <= fall[-1] < 1e-5


@pytest.mark.parametrize("warmup", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("schedule", ["anneal", "cosine", "onecycle", "plateau", "constant"])
def test_a_rate_is_positive_and_never_above_the_peak(schedule, warmup):
    found = rates(dataclasses.replace(PEAK, schedule=schedule, warmup=warmup))
    assert np.isfinite(found).all() and (found > 0).all() and found.max() <= 0.01 + 1e-12


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
def test_one_cycle_is_torchs(warmup):
    """Which counts its cycle from the first to the last step, not to the end of it."""
    steps = 2000
    found = rates(dataclasses.replace(PEAK, schedule="onecycle", warmup=warmup), steps=steps // 10)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, steps, pct_start=warmup or 0.3, cycle_momentum=False)
    expected = []
    for _ in range(steps):
        expected.append(cycle.get_last_lr()[0])
        optimizer.step()
        cycle.step()
    assert np.allclose(found, expected, atol=0.01 * 4 / steps / (warmup or 0.3))


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("seed", range(5))
def test_a_plateau_is_where_torch_sees_one(patience, seed):
    rng = np.random.default_rng(seed)
    losses = 10 * 0.97 ** np.arange(80) + rng.choice([0.0, 0.5, 2.0], 80) * rng.random(80)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, eps=0.0)
    plateau, rate = Plateau(), 1.0
    for loss in losses:
        plateau = Plateau(plateau.best, plateau.waited)  # as a resumed run has it
        rate = rate / 2 if plateau.is_reached(loss, patience) else rate
        torchs.step(loss)
        assert rate == optimizer.param_groups[0]["lr"]
    assert rate < 1.0
