"""Checkpoints: what goes in comes out, and a file from a stranger runs no code."""

import dataclasses
import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import torch

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.errors import CheckpointError, Ds2Error
from ds2cli.model.checkpoint import (
    FORMAT,
    Checkpoint,
    load_checkpoint,
    load_training_state,
    save_checkpoint,
    save_training_state,
)
from ds2cli.model.recogniser import Recogniser, load_recogniser
from ds2cli.settings import to_toml
from ds2cli.text.units import Units, units_of, write_units

pytestmark = pytest.mark.usefixtures("one_thread")

CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=8, sample_rate=8000),
    model=ModelConfig((4,), ((3, 3),), ((2, 2),), rnn_layers=1, rnn_size=5),
)
UNITS = units_of(["ab c", "é 水 😀"])


def checkpoint(config: Config = CONFIG, units: Units = UNITS) -> Checkpoint:
    torch.manual_seed(1)
    return Checkpoint(config, units, Recogniser(config, units).state_dict(), {"step": "12"})


def test_what_goes_in_comes_out(tmp_path):
    path, before = tmp_path / "a.safetensors", checkpoint()
    save_checkpoint(path, before)
    after = load_checkpoint(path)
    assert (after.config, after.units, after.notes) == (before.config, before.units, before.notes)
    assert after.weights.keys() == before.weights.keys()
    assert all(torch.equal(after.weights[name], tensor) for name, tensor in before.weights.items())
    assert [one.name for one in tmp_path.iterdir()] == ["a.safetensors"]


def test_the_recogniser_hears_the_same_after_a_round_trip(tmp_path):
    torch.manual_seed(1)
    before = Recogniser(CONFIG, UNITS).eval()
    save_checkpoint(tmp_path / "best.safetensors", Checkpoint(CONFIG, UNITS, before.state_dict(), {}))
    wave = np.random.default_rng(1).normal(0, 0.1, 4000).astype(np.float32)
    assert np.array_equal(load_recogniser(tmp_path).log_probs([wave])[0], before.log_probs([wave])[0])


def test_the_same_weights_give_the_same_bytes(tmp_path):
    for name in "ab":
        save_checkpoint(tmp_path / name, checkpoint())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


class Bomb:
    """A pickle that makes a file when it is read."""

    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("reader", [load_checkpoint, load_training_state])
@pytest.mark.parametrize("form", ["pickle", "torch", "old torch", "folder"])
def test_a_malicious_pickle_runs_nothing(tmp_path, reader, form):
    trap = tmp_path / "sprung"
    path = tmp_path / ("best.safetensors" if reader is load_checkpoint else "trainer.pt")
    if form.endswith("torch"):
        torch.save({"weights": Bomb(trap)}, path, _use_new_zipfile_serialization=form == "torch")
    else:
        path.write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(CheckpointError):
        reader(tmp_path if form == "folder" else path)
    assert not trap.exists()


def test_the_bomb_is_a_bomb(tmp_path):
    pickle.loads(pickle.dumps(Bomb(tmp_path / "sprung"))).close()
    assert (tmp_path / "sprung").exists()


def foreign_files():
    yield "empty", b""
    yield "text", b"hello, world\n"
    yield "zeros", bytes(1000)
    yield "endless header", struct.pack("<Q", 2**62) + b"{}"
    for name, metadata in {
        "foreign": {"format": "pt"},
        "notes are a list": {FORMAT: "[1]"},
        "notes are no JSON": {FORMAT: "{"},
        "no config": {FORMAT: "{}"},
        "config is a number": {FORMAT: json.dumps({"config": 3, "units": "a"})},
        "config is no TOML": {FORMAT: json.dumps({"config": "[", "units": "a"})},
        "config of the future": {FORMAT: json.dumps({"config": "[model]\nfuture = 1", "units": "a"})},
        "units twice": {FORMAT: json.dumps({"config": to_toml(CONFIG), "units": "a\na\n"})},
        "blank listed": {FORMAT: json.dumps({"config": to_toml(CONFIG), "units": "<blank>\na\n"})},
        "sizes of a giant": {
            FORMAT: json.dumps(
                {
                    "config": to_toml(dataclasses.replace(CONFIG, model=ModelConfig(rnn_size=10**12))),
                    "units": write_units(UNITS),
                }
            )
        },
    }.items():
        from safetensors.torch import save

        yield name, save({"x": torch.zeros(2)}, metadata)


@pytest.mark.parametrize(("name", "content"), [pytest.param(*one, id=one[0]) for one in foreign_files()])
def test_a_foreign_file_is_an_error_and_no_traceback(tmp_path, name, content):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as problem:
        load_recogniser(path)
    assert "x.safetensors" in str(problem.value)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, -400, -1])
def test_a_truncated_checkpoint_is_an_error(tmp_path, kept):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, checkpoint())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="is not a ds2 checkpoint"):
        load_checkpoint(path)


def test_weights_that_do_not_fit_are_an_error(tmp_path):
    path, good = tmp_path / "a.safetensors", checkpoint()
    wider = dataclasses.replace(CONFIG, model=dataclasses.replace(CONFIG.model, rnn_size=6))
    for wrong in (
        dataclasses.replace(good, config=wider),
        dataclasses.replace(good, units=units_of(["ab"])),
        dataclasses.replace(good, weights=dict(list(good.weights.items())[:-1])),
    ):
        save_checkpoint(path, wrong)
        with pytest.raises(CheckpointError, match="do not fit its settings"):
            load_recogniser(path)


def test_a_folder_gives_its_best_then_its_last_then_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint in"):
        load_checkpoint(tmp_path)
    save_checkpoint(tmp_path / "last.safetensors", dataclasses.replace(checkpoint(), notes={"is": "last"}))
    assert load_checkpoint(tmp_path).notes == {"is": "last"}
    save_checkpoint(tmp_path / "best.safetensors", dataclasses.replace(checkpoint(), notes={"is": "best"}))
    assert load_checkpoint(tmp_path).notes == {"is": "best"}
    with pytest.raises(CheckpointError, match="no such run or checkpoint"):
        load_checkpoint(tmp_path / "nowhere")


def test_the_trainers_state_comes_back(tmp_path):
    state = {"weights": {"a": torch.arange(3.0)}, "position": {"epoch": 3, "seconds": 1.5, "best_wer": float("inf")}}
    save_training_state(tmp_path / "trainer.pt", state)
    found = load_training_state(tmp_path / "trainer.pt")
    assert found["position"] == state["position"] and torch.equal(found["weights"]["a"], state["weights"]["a"])


@pytest.mark.parametrize("kept", [0, 1, 50, 500, -1])
def test_a_truncated_state_is_an_error(tmp_path, kept):
    path = tmp_path / "trainer.pt"
    save_training_state(path, {"weights": {"a": torch.arange(300.0)}})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="trainer.pt"):
        load_training_state(path)


def test_a_damaged_state_is_an_error(tmp_path):
    path = tmp_path / "trainer.pt"
    save_training_state(path, {"weights": {"a": torch.arange(300.0)}})
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "part.pt", "w") as part:
        for name in whole.namelist():
            if "data/" not in name:
                part.writestr(name, whole.read(name))
    with pytest.raises(CheckpointError):
        load_training_state(tmp_path / "part.pt")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, checkpoint())
    before = path.read_bytes()
    broken = dataclasses.replace(checkpoint(), weights={"shared": torch.zeros(2).expand(3, 2), "bad": "no tensor"})
    with pytest.raises((AttributeError, Ds2Error)):
        save_checkpoint(path, broken)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
