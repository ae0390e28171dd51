"""Ending early, plateaus, averages of checkpoints, TensorBoard: what may be added to a run."""

import json

import pytest
import torch

from ds2cli.model.checkpoint import load_checkpoint, save_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")

STILL = "--set", "model.batch_norm=none"  # without running statistics, a network that does not move hears the same


@pytest.fixture
def train(run, data, tmp_path):
    def run_training(name, *more, dev=True):
        held_out = ["--dev", data / "dev.jsonl"] if dev else []
        settings = "--config", data / "settings.toml", "--run", tmp_path / name
        return run("train", data / "train.jsonl", *held_out, *settings, *more)

    return run_training


def events_of(folder, kind: str) -> list[dict]:
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [event for event in events if event["event"] == kind]


def test_a_run_that_gets_no_better_ends_early(train, run, tmp_path):
    ran = train("a", *STILL, "--lr", 0, "--epochs", 9, "--set", "train.patience=2")
    assert (ran.code, ran.stdout) == (0, f"{tmp_path / 'a' / 'best.safetensors'}\n"), ran.stderr
    assert "ended early: no better for 2 evaluations" in ran.stderr
    assert [event["best"] for event in events_of(tmp_path / "a", "evaluation")] == [True, False, False]
    again = run("train", "--resume", tmp_path / "a")
    assert again.code == 0 and "was done already" in again.stderr


def test_a_plateau_lowers_the_rate_and_a_resumed_run_goes_on_counting(train, run, tmp_path):
    settings = *STILL, "--lr", 1e-12, "--set", "optimizer.schedule=plateau", "--set", "optimizer.annealing=2"
    settings += "--set", "optimizer.plateau=1"
    assert train("whole", *settings, "--epochs", 7).code == 0
    rates = {int(event["epoch"] - 1e-9): event["learning_rate"] for event in events_of(tmp_path / "whole", "step")}
    assert [rates[epoch] / 1e-12 for epoch in range(7)] == [1, 1, 1, 0.5, 0.5, 0.25, 0.25]
    assert train("parts", *settings, "--epochs", 2).code == 0
    config = tmp_path / "parts" / "config.toml"
    config.write_text(config.read_text().replace("epochs = 2 ", "epochs = 7 "))
    assert run("train", "--resume", tmp_path / "parts").code == 0
    whole, parts = (events_of(tmp_path / name, "step") for name in ("whole", "parts"))
    assert [event["learning_rate"] for event in whole] == [event["learning_rate"] for event in parts]


@pytest.mark.parametrize("setting", ["train.patience=1", "optimizer.schedule=plateau"])
def test_what_looks_at_held_out_speech_needs_some(train, tmp_path, setting):
    ran = train("a", "--set", setting, dev=False)
    assert ran.code == 2 and "hint: add: --dev" in ran.stderr
    assert not (tmp_path / "a").exists()


def test_the_last_checkpoints_are_kept_and_averaged(train, run, tmp_path):
    assert train("a", "--epochs", 4, "--set", "train.keep=3").code == 0
    kept = sorted((tmp_path / "a" / "epochs").iterdir())
    assert [path.name for path in kept] == ["00002.safetensors", "00003.safetensors", "00004.safetensors"]
    ran = run("average", tmp_path / "a", "--last", 2, "-o", tmp_path / "mean.safetensors")
    assert (ran.code, ran.stdout) == (0, f"{tmp_path / 'mean.safetensors'}\n"), ran.stderr
    assert ran.stderr == f"averaged {kept[1]}\naveraged {kept[2]}\n"
    mean, first, second = (load_checkpoint(path) for path in (tmp_path / "mean.safetensors", *kept[1:]))
    assert mean.units == first.units and mean.config == first.config
    for name, weights in mean.weights.items():
        assert torch.allclose(weights, (first.weights[name] + second.weights[name]) / 2, atol=1e-7), name
    assert any(not torch.equal(weights, first.weights[name]) for name, weights in mean.weights.items())
    by_name = run("average", *kept[1:], "-o", tmp_path / "named.safetensors")
    assert by_name.code == 0
    assert (tmp_path / "named.safetensors").read_bytes() == (tmp_path / "mean.safetensors").read_bytes()


def test_an_average_of_one_or_of_different_networks_is_an_error(train, run, tmp_path):
    assert train("a", "--epochs", 1).code == 0 and train("b", "--epochs", 1, "--set", "model.rnn_size=5").code == 0
    one = run("average", tmp_path / "a", "-o", tmp_path / "mean.safetensors")
    assert one.code == 2 and "there is only one checkpoint" in one.stderr and "train.keep=5" in one.stderr
    both = run("average", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "mean.safetensors")
    assert both.code == 2 and "are not of the same network" in both.stderr
    assert not (tmp_path / "mean.safetensors").exists()


def test_an_average_of_networks_that_hear_unlike_things_is_an_error(train, run, tmp_path):
    """Though every array has the same shape."""
    unlike = {"rate": "features.sample_rate=4000", "hop": "features.hop_seconds=0.015",
              "stride": "model.conv_strides=[[1]]", "mean": "features.statistics=adapted"}
    assert train("a", "--epochs", 1).code == 0
    for name, setting in unlike.items():
        assert train(name, "--epochs", 1, "--set", setting).code == 0
        ran = run("average", tmp_path / "a", tmp_path / name, "-o", tmp_path / "mean.safetensors")
        assert ran.code == 2 and f"are unlike: {setting.split('=')[0]} is " in ran.stderr, name
    other = load_checkpoint(tmp_path / "a")
    other.weights["frontend.mean"] += 1
    save_checkpoint(tmp_path / "other.safetensors", other)
    ran = run("average", tmp_path / "a", tmp_path / "other.safetensors", "-o", tmp_path / "mean.safetensors")
    assert ran.code == 2 and "standardised by other statistics" in ran.stderr
    assert not (tmp_path / "mean.safetensors").exists()


def test_tensorboard_sees_what_the_metrics_hold(train, tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    assert train("a", "--set", "train.tensorboard=true").code == 0
    board = accumulator.EventAccumulator(str(tmp_path / "a" / "tensorboard")).Reload()
    losses = [event["loss"] for event in events_of(tmp_path / "a", "step")]
    assert [one.value for one in board.Scalars("step/loss")] == pytest.approx(losses)
    assert [one.step for one in board.Scalars("evaluation/wer")] == [
        event["step"] for event in events_of(tmp_path / "a", "evaluation")
    ]


def test_without_the_package_tensorboard_is_an_error_with_a_cure(train, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    ran = train("a", "--set", "train.tensorboard=true")
    assert ran.code == 2 and "hint: pip install 'ds2cli[tensorboard]'" in ran.stderr
    assert not (tmp_path / "a").exists()
