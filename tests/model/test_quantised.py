"""Checkpoints of fewer bytes: what is lost is bounded, and a second time nothing is."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import FORMAT, Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.quantised import QuantisedLinear, QuantisedRecurrence, load_for_decoding
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.model.weight_storage import narrow, quantise, widen
from ds2cli.settings import to_toml
from ds2cli.text.units import units_of, write_units

pytestmark = pytest.mark.usefixtures("one_thread")

UNITS = units_of(["abc "])
ENGINE = torch.backends.quantized.engine in ("x86", "fbgemm", "onednn")


def checkpoint(**model) -> Checkpoint:
    torch.manual_seed(1)
    convolutions = {"conv_channels": (4,), "conv_kernels": ((3, 3),), "conv_strides": ((2, 2),)}
    settings = ModelConfig(**convolutions, rnn_layers=2, rnn_size=32, fully_connected=(24,), **model)
    config = Config(FeatureConfig(kind="mel", n_mels=8, sample_rate=8000), settings)
    return Checkpoint(config, UNITS, Recogniser(config, UNITS).state_dict(), {"step": "12"})


def waves() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, 0.1, n).astype(np.float32) for n in (9000, 4000)]


def test_each_number_is_within_half_a_step_of_its_int8():
    matrix = torch.randn(7, 50) * torch.logspace(-6, 3, 7)[:, None]
    matrix[3] = 0
    values, scales = quantise(matrix)
    assert values.dtype == torch.int8 and int(values.abs().max()) == 127
    assert ((values * scales[:, None] - matrix).abs() <= 0.5001 * scales[:, None]).all()


def test_a_second_time_nothing_is_lost():
    once = widen(narrow(checkpoint().weights, "int8"))
    twice = narrow(once, "int8")
    first = narrow(checkpoint().weights, "int8")
    assert twice.keys() == first.keys()
    assert all(torch.equal(twice[name], tensor) for name, tensor in first.items() if tensor.dtype == torch.int8)


@pytest.mark.parametrize(("form", "share"), [("float16", 0.6), ("int8", 0.4)])
def test_a_file_says_what_it_is_and_is_smaller(tmp_path, form, share):
    whole, small = tmp_path / "whole.safetensors", tmp_path / "small.safetensors"
    save_checkpoint(whole, checkpoint())
    save_checkpoint(small, dataclasses.replace(checkpoint(), form=form))
    found = load_checkpoint(small)
    assert (found.form, found.notes, found.config) == (form, {"step": "12"}, checkpoint().config)
    assert all(tensor.dtype == torch.float32 for tensor in found.weights.values())
    assert found.weights.keys() == checkpoint().weights.keys()
    assert small.stat().st_size < share * whole.stat().st_size + 4000


def test_float16_moves_log_probs_by_less_than_a_hundredth(tmp_path):
    save_checkpoint(tmp_path / "a", dataclasses.replace(checkpoint(), form="float16"))
    save_checkpoint(tmp_path / "b", checkpoint())
    for half, whole in zip(*(load_for_decoding(tmp_path / name).log_probs(waves()) for name in "ab"), strict=True):
        assert 0 < np.abs(half - whole).max() < 0.01


@pytest.mark.skipif(not ENGINE, reason="no int8 kernels on this processor")
@pytest.mark.parametrize("norm", ["none", "input", "preactivation"])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("rnn", ["lstm", "gru", "relu", "rnn"])
def test_int8_decoding_stays_near_its_own_weights_in_float32(tmp_path, rnn, bidirectional, norm):
    small = dataclasses.replace(checkpoint(rnn=rnn, bidirectional=bidirectional, batch_norm=norm), form="int8")
    save_checkpoint(tmp_path / "a", small)
    listener, exact = load_for_decoding(tmp_path / "a"), load_recogniser(tmp_path / "a")
    assert isinstance(listener.network.output, QuantisedLinear)
    runs = isinstance(listener.network.recurrent[0].directions[0], QuantisedRecurrence)
    assert runs == (rnn in ("lstm", "gru"))
    for found, expected in zip(listener.log_probs(waves()), exact.log_probs(waves()), strict=True):
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 0.1 < 3 * expected.std()


def test_those_who_need_gradients_get_float32(tmp_path):
    save_checkpoint(tmp_path / "a", dataclasses.replace(checkpoint(), form="int8"))
    recogniser = load_recogniser(tmp_path / "a")
    log_probs, _ = recogniser(torch.randn(1, 4000), torch.tensor([4000]))
    log_probs.sum().backward()
    assert recogniser.network.output.weight.grad is not None


@pytest.mark.parametrize("wrong", ["no scales", "scales of another size", "form of the future"])
def test_a_spoilt_int8_file_is_an_error(tmp_path, wrong):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, dataclasses.replace(checkpoint(), form="int8"))
    weights = load_file(path)
    if wrong == "no scales":
        weights = {name: tensor for name, tensor in weights.items() if not name.endswith(".scale")}
    if wrong == "scales of another size":
        weights["network.output.weight.scale"] = torch.ones(3)
    form = "int4" if wrong == "form of the future" else "int8"
    notes = {"config": to_toml(checkpoint().config), "units": write_units(UNITS), "form": form}
    save_file(weights, path, {FORMAT: json.dumps(notes)})
    with pytest.raises(CheckpointError):
        load_for_decoding(path)
