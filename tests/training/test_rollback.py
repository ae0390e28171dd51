"""A run that goes astray comes back: to its last good checkpoint, at half the rate, a few times."""

import dataclasses

import pytest
import torch
from singing import RATE, write_songs

from ds2cli.config import BatchConfig, Config, FeatureConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.errors import AudioError, Ds2Error
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import BestEvent, RollbackEvent, SaveEvent, StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.loop import Trainer
from ds2cli.training.rollback import PATIENCE, ROLLBACKS, SILENT_STEPS

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=RATE),
    model=ModelConfig((4,), ((5,),), ((2,),), rnn_layers=1, rnn_size=6),
    batch=BatchConfig(utterances=1, sorta_grad=False),
    optimizer=OptimizerConfig(learning_rate=1e-3, schedule="constant"),
    train=TrainConfig(epochs=6),
)


class Kept:
    """The run folder's part: what was saved last."""

    def __init__(self) -> None:
        self.state, self.steps = None, []

    def events(self):
        """The trainer's, each save kept."""
        for event in self.trainer.events():
            if isinstance(event, SaveEvent):
                self.state = json_like(self.trainer.state())
                self.steps.append(event.step)
            elif not isinstance(event, BestEvent):
                yield event


def json_like(state):
    """A copy that shares nothing."""
    if isinstance(state, dict):
        return {name: json_like(value) for name, value in state.items()}
    if isinstance(state, list):
        return [json_like(value) for value in state]
    return state.clone() if isinstance(state, torch.Tensor) else state


@pytest.fixture
def trainer(tmp_path):
    """A trainer of twelve steps an epoch; `trainer.kept` keeps its states."""
    songs = list(read_manifest(write_songs(tmp_path, "train", 12, 1)))
    torch.manual_seed(1)
    speech = SpeechSet(songs, units_of(["abcdefgh "]), CONFIG)
    kept = Kept()
    recogniser = Recogniser(CONFIG, speech.units)
    kept.trainer = Trainer(recogniser, speech, None, CONFIG, Process(), last_saved=lambda: kept.state)
    kept.trainer.kept = kept
    return kept.trainer


def break_when(trainer: Trainer, broken) -> None:
    """The network's output is not a number in each training pass where broken(trainer) says so."""

    def spoil(network, inputs, outputs):
        return (outputs[0] * float("nan"), outputs[1]) if network.training and broken(trainer) else outputs

    trainer.recogniser.network.register_forward_hook(spoil)


def test_a_run_that_goes_astray_goes_back_and_on_at_half_the_rate(trainer):
    """Broken at the first rate from step 17 on: back to step 12, the epoch's end."""
    break_when(trainer, lambda it: it.position.step >= 17 and it.position.rate_share == 1.0)
    events = list(trainer.kept.events())
    (back,) = [event for event in events if isinstance(event, RollbackEvent)]
    assert (back.step, back.from_step, back.rollbacks, back.rate_share) == (12, 17 + PATIENCE, 1, 0.5)
    assert len(back.not_finite) == 1 and back.is_evaluated
    steps = [event for event in events if isinstance(event, StepEvent)]
    assert [event.step for event in steps] == [*range(1, 18 + PATIENCE), *range(13, 73)]
    assert {event.learning_rate for event in steps[: 17 + PATIENCE]} == {1e-3}
    assert {event.learning_rate for event in steps[17 + PATIENCE :]} == {5e-4}
    assert all(event.not_finite == [] for event in steps[17 + PATIENCE :])


def test_the_way_back_is_the_state_that_was_saved(trainer):
    break_when(trainer, lambda it: it.position.step >= 12 and it.position.rate_share == 1.0)
    for event in trainer.kept.events():
        if isinstance(event, StepEvent) and event.step == 13:
            good = trainer.kept.state["weights"]
            with torch.no_grad():
                trainer.recogniser.network.output.weight.fill_(1e6)  # what an explosion leaves
        if isinstance(event, RollbackEvent):
            break
    assert all(torch.equal(weights, good[name]) for name, weights in trainer.recogniser.state_dict().items())


def test_nothing_is_saved_while_a_run_is_astray(trainer):
    trainer.config = dataclasses.replace(CONFIG, train=TrainConfig(epochs=2, save_seconds=0.0))
    break_when(trainer, lambda it: 14 <= it.position.step < 14 + PATIENCE - 1)
    list(trainer.kept.events())
    assert trainer.kept.steps == [*range(13), 12, 13, 14, 24, 24]
    assert trainer.position.rollbacks == 0


def test_it_goes_back_before_the_first_epoch_is_over_too(trainer):
    break_when(trainer, lambda it: it.position.step >= 1 and it.position.rate_share == 1.0)
    events = list(trainer.kept.events())
    assert [event.step for event in events if isinstance(event, RollbackEvent)] == [0]
    assert trainer.position.step == 72


def test_a_run_that_nothing_helps_ends_with_an_error(trainer):
    break_when(trainer, lambda it: it.position.step >= 17)
    events = []
    with pytest.raises(Ds2Error, match="loss is not finite at step 27, nor at the 9 before it, after 3 returns") as end:
        events.extend(trainer.kept.events())
    assert "--lr" in end.value.hint and "train-" in str(end.value)
    trainer.restore(trainer.kept.state)
    assert trainer.position.step == 12 and trainer.position.rate_share == 0.5**0  # the checkpoint is intact


def test_the_rate_goes_on_falling_where_a_run_goes_astray_again(trainer):
    """Also between two saves, where the checkpoint knows of no return yet."""
    break_when(trainer, lambda it: it.position.step >= 17 and it.position.rate_share > 0.3)
    backs = [event for event in trainer.kept.events() if isinstance(event, RollbackEvent)]
    assert [(back.step, back.rollbacks, back.rate_share) for back in backs] == [(12, 1, 0.5), (12, 2, 0.25)]


def test_a_gradient_that_is_not_finite_names_its_utterances_and_moves_nothing(trainer):
    """Though every loss is finite."""
    before = []

    def spoil(gradient):
        before.append(json_like(trainer.recogniser.state_dict()))
        return gradient * float("inf")

    events = trainer.kept.events()
    weights = trainer.recogniser.network.output.weight
    next(events)
    hook = trainer.recogniser.network.recurrent[0].register_forward_hook(
        lambda layer, inputs, output: output.register_hook(spoil) and None
    )
    event = next(events)
    hook.remove()
    assert len(event.not_finite) == 1 and event.loss > 0
    assert torch.equal(weights, before[0]["network.output.weight"])
    assert next(events).not_finite == []


def test_a_disk_that_has_gone_is_no_matter_of_rates(trainer, monkeypatch):
    def gone(index):
        raise AudioError("no such file")

    events = trainer.kept.events()
    next(events)
    monkeypatch.setattr(trainer.train, "read", gone)
    with pytest.raises(AudioError, match=f"no audio could be read in the {SILENT_STEPS} steps"):
        for event in events:
            assert not isinstance(event, RollbackEvent)
    assert trainer.position.rollbacks == 0 and ROLLBACKS > 0
