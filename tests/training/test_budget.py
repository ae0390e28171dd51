"""`train.minutes`: a schedule that ends with its budget of time, whatever a step takes; resumed, the same steps."""

import dataclasses

import pytest
import torch
from singing import RATE, write_songs

from ds2cli.config import BatchConfig, Config, FeatureConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import EvaluationEvent, SaveEvent, StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.budget import look_at_the_clock, share_spent
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.loop import Trainer
from ds2cli.training.trainer_state import TrainerState

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
    model=ModelConfig((4,), ((5,),), ((2,),), rnn_layers=1, rnn_size=6),
    batch=BatchConfig(utterances=2, sorta_grad=False),
    optimizer=OptimizerConfig(learning_rate=1e-3, schedule="cosine", warmup=0.1),
    train=TrainConfig(epochs=30, minutes=2.0, evaluate_every=7),
)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    return list(read_manifest(write_songs(tmp_path_factory.mktemp("songs"), "train", 12, 1)))


class Ran:
    """A run of six steps an epoch under a clock that each step moves by `seconds_of(step)`; one look is free."""

    def __init__(self, songs, seconds_of, config=CONFIG, state=None, stop_at=None):
        torch.manual_seed(1)
        speech = SpeechSet(songs, units_of(["abcdefgh "]), config)
        self.now, self.saved = 1000.0, None
        trainer = self.trainer = Trainer(
            Recogniser(config, speech.units), speech, None, config, Process(),
            should_stop=lambda: trainer.position.step == stop_at, clock=lambda: self.now,
        )  # fmt: skip
        if state:
            trainer.restore(state)
        compute = trainer.gradients.compute

        def slow(*arguments):
            self.now += seconds_of(trainer.position.step)
            return compute(*arguments)

        trainer.gradients.compute = slow
        self.events = [event for event in trainer.events() if not isinstance(event, SaveEvent) or self.save()]
        self.steps = [event for event in self.events if isinstance(event, StepEvent)]
        self.evaluations = [event for event in self.events if isinstance(event, EvaluationEvent)]
        self.rates = [event.learning_rate for event in self.steps]

    def save(self):
        state = self.trainer.state()
        self.saved = {name: dict(part) if isinstance(part, dict) else part for name, part in state.items()}
        self.saved["weights"] = {name: one.clone() for name, one in state["weights"].items()}


def test_a_slow_machine_ends_in_time_with_the_whole_schedule_behind_it(songs):
    """Two minutes of steps that take a second: 120 of 180, ended by the cosine's foot, and the last is evaluated."""
    ran = Ran(songs, lambda step: 1.0)
    assert len(ran.steps) == pytest.approx(120, abs=2)
    assert ran.steps[-1].seconds <= 121
    assert ran.rates[-1] < 0.002 * 1e-3 and max(ran.rates) > 0.99e-3
    assert ran.steps[-1].progress == 1.0
    assert [event.epoch for event in ran.evaluations] == [7, 14, 20]
    assert ran.evaluations[-1].step == len(ran.steps)


def test_a_machine_that_slows_down_or_speeds_up_ends_in_time_too(songs):
    for seconds_of in (lambda step: 0.8 + 0.01 * step, lambda step: 2.0 if step < 20 else 0.8):
        ran = Ran(songs, seconds_of)
        assert 115 <= ran.steps[-1].seconds <= 123
        assert ran.rates[-1] < 0.002 * 1e-3
        progress = [event.progress for event in ran.steps]
        assert max(abs(b - a) for a, b in zip(progress[10:], progress[11:], strict=False)) < 0.05


def test_a_fast_machine_takes_the_very_steps_of_a_run_without_a_budget(songs):
    free = dataclasses.replace(CONFIG, train=dataclasses.replace(CONFIG.train, minutes=0.0))
    with_budget, without = Ran(songs, lambda step: 0.5), Ran(songs, lambda step: 0.5, free)
    assert with_budget.rates == without.rates and len(without.steps) == 180
    weights = with_budget.trainer.recogniser.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in without.trainer.recogniser.state_dict().items())


@pytest.mark.parametrize("stop_at", [1, 17, 60])
def test_a_resumed_run_takes_the_rates_of_one_that_never_stopped(songs, stop_at):
    """And ends with its weights: what the clock said is part of the position."""
    whole = Ran(songs, lambda step: 1.0 + 0.25 * (step % 3))
    first = Ran(songs, lambda step: 1.0 + 0.25 * (step % 3), stop_at=stop_at)
    assert len(first.steps) == stop_at < len(whole.steps)
    rest = Ran(songs, lambda step: 1.0 + 0.25 * (step % 3), state=first.saved)
    assert first.rates + rest.rates == whole.rates
    weights = rest.trainer.recogniser.state_dict()
    assert all(torch.equal(tensor, weights[name]) for name, tensor in whole.trainer.recogniser.state_dict().items())
    assert Ran(songs, lambda step: 1.0, state=rest.saved).steps == []  # done is done


def test_annealing_is_squeezed_too(songs):
    """Thirty divisions in the time for twenty epochs."""
    anneal = OptimizerConfig(learning_rate=1e-3, schedule="anneal", annealing=1.1)
    ran = Ran(songs, lambda step: 1.0, dataclasses.replace(CONFIG, optimizer=anneal))
    assert ran.rates[-1] == pytest.approx(1e-3 / 1.1**29)


def test_room_is_kept_for_the_last_evaluation():
    position = TrainerState(step=50, evaluation_seconds=20.0)
    look_at_the_clock(position, 2.0, 50.0)
    assert share_spent(position) == pytest.approx(0.5)
    position.step = 100
    assert share_spent(position) == pytest.approx(1.0)
