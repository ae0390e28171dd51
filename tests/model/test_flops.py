"""Arithmetic counted on paper against torch's own counting of what runs."""

import dataclasses

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from ds2cli.config import LossConfig, ModelConfig
from ds2cli.model.encoder.recurrent import GATES
from ds2cli.model.flops import multiply_adds, training_operations
from ds2cli.model.network import Network, n_output_frames
from ds2cli.training.losses.transducer import TransducerLosses

BINS, UNITS, FRAMES = 33, 7, 40
# Normalised after the matrix, recurrences run step by step, in products that torch counts; fused ones it does not see.
NETWORKS = {
    "paper": ModelConfig(rnn="rnn", rnn_size=12, rnn_layers=3, batch_norm="preactivation", fully_connected=(9,)),
    "lstm": ModelConfig(rnn="lstm", rnn_size=10, rnn_layers=2, batch_norm="preactivation"),
    "lookahead": ModelConfig(
        rnn="gru", rnn_size=8, rnn_layers=1, bidirectional=False, batch_norm="preactivation", lookahead=5
    ),
    "1-D": ModelConfig((6, 5), ((5,), (3,)), ((1,), (2,)), "gru", 1, 8, batch_norm="preactivation"),
    "no convolutions": ModelConfig((), (), (), "lstm", 2, 8, batch_norm="preactivation"),
}


def counted(settings: ModelConfig, backward: bool) -> int:
    """Floating point operations that torch sees."""
    network = Network(settings, BINS, UNITS)
    with FlopCounterMode(display=False) as counter:
        log_probs, _ = network(torch.randn(2, FRAMES, BINS), torch.tensor([FRAMES, FRAMES]))
        if backward:
            log_probs.sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_networks_multiply_adds_are_those_that_torch_counts(name):
    settings = NETWORKS[name]
    assert 2 * 2 * sum(multiply_adds(settings, BINS, UNITS, FRAMES).values()) == counted(settings, backward=False)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_training_steps_operations_are_those_that_torch_counts(name):
    # Of a depthwise convolution's weights' gradient torch counts all pairs of channels; so it is left out here.
    settings = dataclasses.replace(NETWORKS[name], lookahead=0)
    # The first state of a recurrence is zero and asks for no gradient: one frame's product less.
    directions = settings.rnn_layers * (2 if settings.bidirectional else 1)
    first_states = 2 * 2 * directions * GATES[settings.rnn] * settings.rnn_size**2
    expected = 2 * training_operations(settings, BINS, UNITS, FRAMES) - first_states
    assert expected == counted(settings, backward=True)


TRANSDUCERS = {
    "stateless": {"predictor": "stateless", "predictor_size": 6, "joint_size": 11},
    "lstm": {"predictor": "lstm", "predictor_size": 5, "joint_size": 4, "fully_connected": (9,)},
}


def heard_by(settings: ModelConfig, n_labels: int, backward: bool) -> int:
    """Operations that torch sees of a transducer's encoder, of its prediction network and, backward, of its loss."""
    torch.manual_seed(1)
    network = Network(settings, BINS, UNITS, ctc=False)
    head, labels = network.head, torch.ones(2, n_labels, dtype=torch.int64)
    # torch counts no fused recurrences, but the products that they are where oneDNN is not.
    with torch.backends.mkldnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
        encoded, _ = network(torch.randn(2, FRAMES, BINS), torch.tensor([FRAMES, FRAMES]))
        if backward:
            lengths = torch.full((2,), encoded.shape[1]), labels, torch.full((2,), n_labels)
            TransducerLosses(network, LossConfig(ctc_weight=0.0))(encoded, *lengths).sum().backward()
        else:
            head.encoder_projection(encoded)
            head.projected_labels(labels)
    return counter.get_total_flops()


@pytest.mark.parametrize("name", TRANSDUCERS)
def test_a_transducers_operations_are_those_that_torch_counts(name):
    settings = dataclasses.replace(NETWORKS["1-D"], head="transducer", **TRANSDUCERS[name])
    n_labels = 3
    parts = multiply_adds(settings, BINS, UNITS, FRAMES, n_labels)
    frames = n_output_frames(FRAMES, settings)
    assert parts.pop("joint layer") == settings.joint_size * UNITS * (frames + n_labels)
    assert 2 * 2 * sum(parts.values()) == heard_by(settings, n_labels, backward=False)
    first_states = 2 * 2 * 2 * GATES["gru"] * settings.rnn_size**2
    if settings.predictor == "lstm":
        first_states += 2 * 2 * GATES["lstm"] * settings.predictor_size**2
    in_place = 2 * 2 * settings.joint_size * UNITS * frames * (n_labels + 1)  # of the weight, which torch does not see
    expected = 2 * training_operations(settings, BINS, UNITS, FRAMES, n_labels) - first_states - in_place
    assert expected == heard_by(settings, n_labels, backward=True)
