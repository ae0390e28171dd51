"""A transducer truly learns to spell, through the doors that people use: alone, resumed, from a CTC run, by two."""

import json

import pytest
import torch
from processes import in_two_processes
from singing import RATE, write_songs

from ds2cli.config import BatchConfig, Config, FeatureConfig, LossConfig, ModelConfig, OptimizerConfig, TrainConfig
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.records.manifest import read_manifest
from ds2cli.runs.events import StepEvent
from ds2cli.text.units import units_of
from ds2cli.training.data import SpeechSet
from ds2cli.training.distributed import Process
from ds2cli.training.evaluation import Result, evaluate
from ds2cli.training.loop import Trainer
from ds2cli.training.losses.choice import chosen_losses

pytestmark = pytest.mark.usefixtures("one_thread")

SETTINGS = """
[features]
kind = "mel"
n_mels = 20
sample_rate = 8000
[model]
conv_channels = [24]
conv_kernels = [[5]]
conv_strides = [[2]]
rnn = "gru"
rnn_layers = 1
rnn_size = 32
head = "transducer"
predictor = "stateless"
predictor_size = 24
joint_size = 48
[loss]
kind = "transducer"
ctc_weight = 0.5
[batch]
seconds = 5.0
[optimizer]
learning_rate = 1e-2
schedule = "cosine"
warmup = 0.1
[train]
epochs = 12
keep = 2
"""


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    write_songs(folder, "train", 140, 1)
    write_songs(folder, "dev", 30, 2)
    (folder / "settings.toml").write_text(SETTINGS)
    return folder


def evaluations(folder) -> list[dict]:
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [event for event in events if event["event"] == "evaluation"]


@pytest.mark.slow
def test_a_transducer_learns_the_alphabet_of_a_singer(run, songs, tmp_path):
    """Greedy, no language model: at most 8 % of held-out letters wrong; decoded and averaged as any other run."""
    folder = tmp_path / "run"
    ran = run("train", songs / "train.jsonl", "--dev", songs / "dev.jsonl", "--config", songs / "settings.toml",
              "--run", folder)  # fmt: skip
    assert (ran.code, ran.stdout) == (0, f"{folder / 'best.safetensors'}\n"), ran.stderr
    assert evaluations(folder)[0]["cer"] > 20 and evaluations(folder)[-1]["loss_kind"] == "transducer"
    best = min(evaluations(folder), key=lambda one: (one["wer"], one["dev_loss"]))
    assert best["cer"] < 8 and best["wer"] < 25, [(one["cer"], one["wer"]) for one in evaluations(folder)]
    assert "transducer loss" in (folder / "curve.svg").read_text()
    assert run("average", folder, "-o", tmp_path / "mean.safetensors").code == 0
    for model in (folder, tmp_path / "mean.safetensors"):
        ran = run("decode", model, songs / "dev.jsonl")
        assert ran.code == 0, ran.stderr
        said = [json.loads(line) for line in ran.stdout.splitlines()]
        assert sum(one["text"] == one["pred_text"] for one in said) > 15


def test_one_that_stopped_goes_on_bit_for_bit(run, songs, tmp_path):
    asked = "--config", songs / "settings.toml", "--epochs", 2, "--batch-seconds", 40
    assert run("train", songs / "train.jsonl", "--dev", songs / "dev.jsonl", *asked, "--run", tmp_path / "a").code == 0
    expected = load_checkpoint(tmp_path / "a" / "last.safetensors").weights
    for name in ("trainer.pt", "best.safetensors", "last.safetensors", "metrics.jsonl", "samples.jsonl"):
        (tmp_path / "a" / name).unlink()
    assert run("train", "--resume", tmp_path / "a").code == 0
    again = load_checkpoint(tmp_path / "a" / "last.safetensors").weights
    assert all(torch.equal(weights, expected[name]) for name, weights in again.items())


def test_one_begins_with_a_ctc_run_and_another_with_it(run, songs, tmp_path):
    """Settings of a head are the new run's; a transducer's are kept, its loss with them."""
    few = "--epochs", 1, "--batch-seconds", 40
    asked = "--config", songs / "settings.toml", *few
    assert run("train", songs / "dev.jsonl", *asked, "--set", "model.head=ctc", "--set", "loss.kind=ctc",
               "--run", tmp_path / "ctc").code == 0  # fmt: skip
    ran = run("train", songs / "dev.jsonl", "--dev", songs / "dev.jsonl", "--init", tmp_path / "ctc", *few,
              "--set", "model.head=transducer",
              "--set", "loss.kind=transducer", "--run", tmp_path / "a")  # fmt: skip
    assert ran.code == 0, ran.stderr
    init = load_checkpoint(tmp_path / "a" / "init.safetensors").weights
    assert "network.output.weight" in init
    ran = run("train", songs / "dev.jsonl", "--init", tmp_path / "a", *few, "--run", tmp_path / "b")
    assert ran.code == 0, ran.stderr
    assert load_checkpoint(tmp_path / "b").config.loss.kind == "transducer"
    assert evaluations(tmp_path / "a")[-1]["loss_kind"] == "transducer"
    assert "transducer loss" in (tmp_path / "a" / "curve.svg").read_text()
    assert run("average", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "mean.safetensors").code == 0
    ran = run("decode", tmp_path / "mean.safetensors", songs / "dev.jsonl")
    assert ran.code == 0 and len(ran.stdout.splitlines()) == 30, ran.stderr


def test_a_text_with_more_letters_than_frames_is_learned_from(run, songs, tmp_path):
    """CTC could not spell it: the strides leave a frame for each quarter of a second."""
    strides = "--set", "model.conv_strides=[[24]]"
    ran = run("train", songs / "dev.jsonl", "--config", songs / "settings.toml", "--epochs", 1, *strides,
              "--run", tmp_path / "a")  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert "left out" not in ran.stderr


def test_one_learns_in_bf16_as_on_a_gpu(run, songs, tmp_path):
    ran = run("train", songs / "dev.jsonl", "--dev", songs / "dev.jsonl", "--config", songs / "settings.toml",
              "--epochs", 1, "--batch-seconds", 40, "--set", "train.precision=bf16",
              "--run", tmp_path / "a")  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert 0 < evaluations(tmp_path / "a")[-1]["dev_loss"] < 1000


def test_one_learns_by_the_pruned_loss_and_goes_on_without(run, songs, tmp_path):
    few = "--epochs", 1, "--batch-seconds", 40
    asked = "--config", songs / "settings.toml", *few
    ran = run("train", songs / "dev.jsonl", "--dev", songs / "dev.jsonl", *asked, "--set", "loss.prune=4",
              "--run", tmp_path / "a")  # fmt: skip
    assert ran.code == 0, ran.stderr
    assert run("decode", tmp_path / "a", songs / "dev.jsonl").code == 0
    assert run("train", songs / "dev.jsonl", *few, "--init", tmp_path / "a", "--set", "loss.prune=0",
               "--run", tmp_path / "b").code == 0  # fmt: skip
    ran = run("train", songs / "dev.jsonl", *asked, "--set", "loss.prune=1", "--run", tmp_path / "c")
    assert ran.code == 2 and "two places a frame" in ran.stderr


CONFIG = Config(
    features=FeatureConfig(kind="mel", n_mels=12, sample_rate=RATE),
    model=ModelConfig(
        conv_channels=(3,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=8,
        head="transducer", predictor_size=6, joint_size=7,
    ),
    loss=LossConfig(kind="transducer"),
    batch=BatchConfig(seconds=8.0),
    optimizer=OptimizerConfig(kind="sgd", learning_rate=0.01, momentum=0.9, clip_norm=50.0),
    train=TrainConfig(epochs=1),
)  # fmt: skip


def train_once(process: Process, manifest: str) -> tuple[dict, float, Result]:
    """The state after a step, the step's loss, and what was heard of the same speech then."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    utterances = list(read_manifest(manifest))
    units = units_of(one.text for one in utterances)
    speech, recogniser = SpeechSet(utterances, units, CONFIG), Recogniser(CONFIG, units)
    losses = chosen_losses(CONFIG.loss, None, recogniser.network)
    trainer = Trainer(recogniser, speech, None, CONFIG, process, losses=losses)
    event = next(event for event in trainer.events() if isinstance(event, StepEvent))
    return trainer.state()["weights"], event.loss, evaluate(recogniser, speech, process, losses)


def test_two_processes_take_the_steps_of_one(tmp_path):
    manifest = str(write_songs(tmp_path, "train", 30, 1))
    expected, loss, heard = train_once(Process(), manifest)
    for weights, theirs, result in in_two_processes(train_once, manifest):
        assert all(torch.allclose(one, expected[name], atol=1e-5) for name, one in weights.items())
        assert theirs == pytest.approx(loss, rel=1e-4)
        assert result.loss == pytest.approx(heard.loss, rel=1e-3) and result.loss == result.objective
