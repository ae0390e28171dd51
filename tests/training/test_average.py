"""The average of the weights against its recurrence."""

import pytest
import torch

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of
from ds2cli.training.average import WeightAverage

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def recogniser() -> Recogniser:
    features = FeatureConfig(kind="mel", n_mels=4, sample_rate=8000)
    return Recogniser(Config(features, ModelConfig((), (), (), rnn_layers=1, rnn_size=3)), units_of(["ab"]))


@torch.no_grad()
def move(recogniser: Recogniser) -> None:
    for tensor in recogniser.state_dict().values():
        tensor.add_(torch.randn_like(tensor))


def copied(recogniser: Recogniser) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in recogniser.state_dict().items()}


def test_the_average_follows_its_recurrence(recogniser):
    average = WeightAverage(recogniser, 0.9)
    expected = copied(recogniser)
    for step in range(150):
        move(recogniser)
        average.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        for name, now in recogniser.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * now
    assert all(torch.allclose(average.weights[name], expected[name], atol=1e-5) for name in expected)


def test_the_recogniser_holds_the_average_for_a_while_and_then_its_own(recogniser):
    average = WeightAverage(recogniser, 0.9)
    start = copied(recogniser)
    move(recogniser)
    own = copied(recogniser)
    with pytest.raises(KeyError), average.applied():
        held = copied(recogniser)
        raise KeyError
    assert all(torch.equal(held[name], start[name]) for name in start)
    assert all(torch.equal(tensor, own[name]) for name, tensor in recogniser.state_dict().items())


def test_no_decay_is_no_average(recogniser):
    average = WeightAverage(recogniser, 0.0)
    average.update(0)
    move(recogniser)
    own = copied(recogniser)
    with average.applied():
        assert all(torch.equal(tensor, own[name]) for name, tensor in recogniser.state_dict().items())
    assert average.weights == {}
