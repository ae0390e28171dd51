"""`ds2 train --init RUN`: a network learns on, with units of its own."""

import pytest
import torch
from singing import write_songs
from small_network import SETTINGS

from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.model.transfer import transfer
from ds2cli.text.units import Units, units_of

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Songs, and a run that has learned from them."""
    from ds2cli.cli import main

    folder = tmp_path_factory.mktemp("init")
    write_songs(folder, "train", 8, 1)
    write_songs(folder, "other", 6, 7)
    (folder / "settings.toml").write_text(SETTINGS)
    code = main(["-q", "train", f"{folder}/train.jsonl", "--config", f"{folder}/settings.toml",
                 "--run", f"{folder}/first"])  # fmt: skip
    assert code == 0
    return folder


def test_rows_of_the_output_layer_move_with_their_units(data):
    checkpoint = load_checkpoint(data / "first")
    units = Units(("<blank>", "h", "ü", " ", "a", "zz"))
    torch.manual_seed(5)
    recogniser = Recogniser(checkpoint.config, units)
    fresh = {name: weights.clone() for name, weights in recogniser.state_dict().items()}
    transfer(checkpoint, recogniser)
    found, known = recogniser.state_dict(), checkpoint.units.names
    for key in ("network.output.weight", "network.output.bias"):
        for at, name in enumerate(units.names):
            expected = checkpoint.weights[key][known.index(name)] if name in known else fresh[key][at]
            assert torch.equal(found[key][at], expected), (key, name)
    others = [name for name in found if "output" not in name]
    assert all(torch.equal(found[name], checkpoint.weights[name]) for name in others)
    assert "frontend.mean" in others


def test_a_run_begins_with_the_weights_features_and_units_of_another(run, data, tmp_path):
    """At a rate of nothing the weights stay what they were, though the data are new."""
    ran = run("train", data / "other.jsonl", "--init", data / "first", "--run", tmp_path / "b", "--lr", 0,
              "--epochs", 1, "--batch-seconds", 8)  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert "initialised from another run · new units: none" in ran.stderr
    first, second = load_checkpoint(data / "first"), load_checkpoint(tmp_path / "b")
    assert (second.config.features, second.config.model) == (first.config.features, first.config.model)
    assert second.config.train.epochs == 1 and second.units == first.units
    for name, weights in first.weights.items():
        assert torch.equal(second.weights[name], weights) or "running" in name, name


def test_new_units_are_named_and_a_resumed_run_remembers_where_it_began(run, data, tmp_path):
    """Even one that was killed before it saved anything."""
    (tmp_path / "units.txt").write_text("h\ng\nf\ne\nd\nc\nb\na\n<space>\nü\n")
    asked = ("train", data / "other.jsonl", "--init", data / "first", "--units", tmp_path / "units.txt",
             "--epochs", 1, "--batch-seconds", 8)  # fmt: skip
    ran = run(*asked, "--run", tmp_path / "b")
    assert ran.code == 0, ran.stderr
    assert "new units: `ü`" in ran.stderr
    expected = load_checkpoint(tmp_path / "b").weights
    for name in ("trainer.pt", "best.safetensors", "last.safetensors", "metrics.jsonl", "samples.jsonl"):
        (tmp_path / "b" / name).unlink()
    assert run("train", "--resume", tmp_path / "b").code == 0
    again = load_checkpoint(tmp_path / "b").weights
    assert all(torch.equal(weights, expected[name]) for name, weights in again.items())


@pytest.mark.parametrize("change", [("--set", "model.rnn_size=9"), ("--preset", "tiny")])
def test_another_network_is_an_error_that_names_what_differs(run, data, tmp_path, change):
    ran = run("train", data / "other.jsonl", "--init", data / "first", "--run", tmp_path / "b", *change)
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: the network to begin with has another shape: " in ran.stderr
    assert "model.rnn_size is 8 there and " in ran.stderr and "hint: " in ran.stderr
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("change", ["features.sample_rate=16000", "features.hop_seconds=0.02",
                                    "features.normalise_power=false"])
def test_features_that_mean_something_else_are_refused_though_they_fit(run, data, tmp_path, change):
    ran = run("train", data / "other.jsonl", "--init", data / "first", "--run", tmp_path / "b", "--set", change)
    assert (ran.code, ran.stdout) == (2, "")
    assert f"error: the initial network has other features: {change.split('=')[0]} is " in ran.stderr
    assert not (tmp_path / "b").exists()


def test_what_may_be_set_otherwise_is_said(run, data, tmp_path):
    changes = "--set", "features.statistics=adapted", "--set", "model.conv_strides=[[1]]"
    ran = run("train", data / "other.jsonl", "--init", data / "first", "--run", tmp_path / "b", "--epochs", 1,
              "--batch-seconds", 8, *changes)  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert "set otherwise: features.statistics is corpus there and adapted here" in ran.stderr
    assert "set otherwise: model.conv_strides is ((2,),) there and ((1,),) here" in ran.stderr


def test_texts_that_the_run_cannot_spell_are_left_out_and_counted(run, data, tmp_path):
    lines = (data / "other.jsonl").read_text().replace('"text": "', '"text": "ü', 1)
    (data / "changed.jsonl").write_text(lines)
    ran = run("train", data / "changed.jsonl", "--init", data / "first", "--run", tmp_path / "b", "--epochs", 1)
    assert ran.code == 3 and "outside the units" in ran.stderr
    assert "ü" not in units_of(load_checkpoint(tmp_path / "b").units.names).names
