"""What an output listens to is its gradient, and goes no further than the network can hear."""

import numpy as np
import pytest
import torch

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.inspection import hear, input_sensitivity
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

UNITS = units_of(["ab c"])
LOOKAHEAD = 2


def small_recogniser(**settings) -> Recogniser:
    torch.manual_seed(7)
    model = ModelConfig(rnn_layers=2, rnn_size=12, **settings)
    return Recogniser(Config(features=FeatureConfig(kind="mel", n_mels=8), model=model), UNITS).eval()


@pytest.fixture
def two_way():
    return small_recogniser(conv_channels=(4,), conv_kernels=((3, 5),), conv_strides=((2, 2),), rnn="lstm")


@pytest.fixture
def one_way():
    no_convolutions = {"conv_channels": (), "conv_kernels": (), "conv_strides": ()}
    recogniser = small_recogniser(**no_convolutions, bidirectional=False, lookahead=LOOKAHEAD)
    recogniser.network.lookahead.convolution.weight.data.fill_(1 / (LOOKAHEAD + 1))  # it begins with no look ahead
    return recogniser


def test_the_gradient_is_what_a_small_change_does(two_way):
    features = torch.randn(21, 8)
    frame, unit, step = 5, 2, 1e-2
    gradient = input_sensitivity(two_way, features, frame, unit)
    strongest = np.argsort(-np.abs(gradient), axis=None)[:6]
    for t, f in zip(*np.unravel_index(strongest, gradient.shape), strict=True):
        answers = []
        for change in (step, -step):
            moved = features.clone()
            moved[t, f] += change
            with torch.no_grad():
                answers.append(two_way.network(moved[None], torch.tensor([21]))[0][0, frame, unit].item())
        assert gradient[t, f] == pytest.approx((answers[0] - answers[1]) / (2 * step), rel=0.02, abs=1e-5)


def test_a_one_way_network_hears_its_lookahead_and_nothing_beyond(one_way):
    gradient = input_sensitivity(one_way, torch.randn(15, 8), 6, 1)
    assert np.abs(gradient[: 6 + LOOKAHEAD + 1]).max(axis=1).min() > 0
    assert not gradient[6 + LOOKAHEAD + 1 :].any()


def test_a_two_way_network_hears_everything(two_way):
    gradient = input_sensitivity(two_way, torch.randn(21, 8), 5, 1)
    assert (np.abs(gradient).max(axis=1) > 0).all()


def test_hearing_step_by_step_gives_the_recognisers_own_answer(two_way):
    waveform = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    heard = hear(two_way, waveform)
    np.testing.assert_allclose(heard.log_probs, two_way.log_probs([waveform])[0], atol=1e-6)
    assert heard.features.shape == heard.log_features.shape
