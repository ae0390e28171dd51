"""What a person is told of the time that a run spends waiting for data."""

import pytest

from ds2cli.cli import training_view
from ds2cli.cli.training_view import TrainingView
from ds2cli.config import Config
from ds2cli.runs.events import EvaluationEvent, StepEvent


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests turn: `clock[0] += 10`."""
    now = [100.0]
    monkeypatch.setattr(training_view.time, "monotonic", lambda: now[0])
    return now


def step(number: int, waited: float) -> StepEvent:
    return StepEvent(number, number / 10, 1.0, 1e-3, 1.0, 0.0, 50.0, waited=waited)


def evaluation(number: int) -> EvaluationEvent:
    return EvaluationEvent(number, 1, 1.0, 2.0, 30.0, 10.0, 20.0, best=True)


def test_each_row_tells_the_share_waited_since_the_row_before(clock, capsys):
    view = TrainingView(Config(), "cpu", strict=False)
    with view:
        for waited in (4.0, 1.0):
            clock[0] += 10
            view.show(step(1, waited))
            view.show(evaluation(1))
    header, first, second = capsys.readouterr().err.splitlines()
    assert header.endswith("  waited") and first.endswith("    40 %  best") and second.endswith("    10 %  best")
    assert header.index("waited") + len("waited") == first.index("  best")


@pytest.mark.parametrize(("waited", "told"), [(0.4, False), (0.6, True)])
@pytest.mark.parametrize(("device", "reads_more"), [("cpu", False), ("cuda:0", True)])
def test_a_run_that_waited_much_ends_with_a_word_on_it(clock, capsys, waited, told, device, reads_more):
    view = TrainingView(Config(), device, strict=False)
    with view:
        clock[0] += 10
        view.show(step(1, waited))
    capsys.readouterr()
    view.say_waiting()
    said = capsys.readouterr().err
    assert bool(said) == told
    if told:
        assert said.startswith("6 % of the time went into waiting for data\nhint: ") and "ds2 prepare shard" in said
        assert ("batch.workers" in said) == reads_more
