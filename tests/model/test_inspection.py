"""What an output listens to is its gradient, and goes no further than the network can hear."""

import numpy as np
import pytest
import torch

from ds2cli.config import Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.decoding.transducer import greedy_decoder, joint_of
from ds2cli.model.inspection import forward_pass, input_sensitivity, spoken_log_probs
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

UNITS = units_of(["ab c"])
LOOKAHEAD = 2


def small_recogniser(**settings) -> Recogniser:
    torch.manual_seed(7)
    model = ModelConfig(rnn_layers=2, rnn_size=12, **settings)
    loss = LossConfig(kind="transducer" if model.head == "transducer" else "ctc")
    return Recogniser(Config(features=FeatureConfig(kind="mel", n_mels=8), model=model, loss=loss), UNITS).eval()


@pytest.fixture
def two_way():
    return small_recogniser(conv_channels=(4,), conv_kernels=((3, 5),), conv_strides=((2, 2),), rnn="lstm")


@pytest.fixture
def transducer():
    """One that says something: its head is far from its beginning."""
    recogniser = small_recogniser(conv_channels=(4,), conv_kernels=((3, 5),), conv_strides=((2, 2),), rnn="lstm",
                                  head="transducer", predictor_size=6, joint_size=5)
    with torch.no_grad():
        for weights in recogniser.network.head.parameters():
            weights.copy_(torch.randn_like(weights))
        recogniser.network.head.encoder_projection.weight *= 3
        recogniser.network.head.output.bias[0] -= 2
    return recogniser


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
    heard = forward_pass(two_way, waveform)
    np.testing.assert_allclose(heard.log_probs, two_way.log_probs([waveform])[0], atol=1e-6)
    assert heard.features.shape == heard.log_features.shape


def test_a_transducers_gradient_is_what_a_small_change_does_after_the_same_labels(transducer):
    features, said, frame, unit, step = torch.randn(21, 8), [1, 3, 1], 5, 2, 3e-3
    gradient = input_sensitivity(transducer, features, frame, unit, said)
    head = transducer.network.head
    strongest = np.argsort(-np.abs(gradient), axis=None)[:6]
    for t, f in zip(*np.unravel_index(strongest, gradient.shape), strict=True):
        answers = []
        for change in (step, -step):
            moved = features.clone()
            moved[t, f] += change
            with torch.no_grad():
                encoded = transducer.network(moved[None], torch.tensor([21]))[0][0, frame]
                projected = head.projected_labels(torch.tensor([said]))[0, -1]
                answers.append(head.joint(transducer.network.readout(encoded), projected)[unit].item())
        assert gradient[t, f] == pytest.approx((answers[0] - answers[1]) / (2 * step), rel=0.1, abs=1e-3)
    assert np.abs(gradient - input_sensitivity(transducer, features, frame, unit, [2])).max() > 1e-4


def test_what_a_transducer_says_along_its_best_path_is_what_its_search_heard(transducer):
    waveform = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    frames = forward_pass(transducer, waveform).log_probs
    np.testing.assert_allclose(frames, transducer.log_probs([waveform])[0], atol=1e-5)
    best = greedy_decoder(joint_of(transducer), UNITS).decode(frames)[0]
    assert len(best.units) > 3
    log_probs, places = spoken_log_probs(transducer.network.head, frames, best.units, best.starts)
    counts = np.searchsorted(best.starts, np.arange(len(frames)))
    assert (places >= counts[:, None]).all()
    singles = [number for number, at in enumerate(best.starts) if (best.starts == at).sum() == 1]
    for number in singles:
        at, unit = best.starts[number], best.units[number]
        assert log_probs[at, unit] == pytest.approx(best.log_peaks[number], abs=1e-4) and places[at, unit] == number
        assert log_probs[at].argmax() == unit
