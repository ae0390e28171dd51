"""A prediction network that learns its texts before it hears a sound."""

import json
import math

import pytest
import torch
from singing import write_songs

from ds2cli.config import ModelConfig
from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.model.heads.transducer import TransducerHead
from ds2cli.training.predictor import learn_texts

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = """
[features]
kind = "mel"
n_mels = 10
sample_rate = 8000
[model]
conv_channels = [4]
conv_kernels = [[5]]
conv_strides = [[2]]
rnn_layers = 1
rnn_size = 8
head = "transducer"
predictor_size = 8
joint_size = 8
[loss]
kind = "transducer"
[batch]
seconds = 60.0
[train]
epochs = 1
"""


@pytest.mark.parametrize("kind", ["lstm", "stateless"])
def test_it_learns_what_comes_next(kind):
    """Of a text that goes round in a circle each unit is certain but the first, which may be any of three."""
    torch.manual_seed(1)
    head = TransducerHead(ModelConfig(predictor=kind, predictor_size=16, joint_size=8), 8, 4)
    texts = [[1 + (first + at) % 3 for at in range(12)] for first in range(3) for _ in range(200)]
    first = learn_texts(head, texts, 1, seed=1)
    last = learn_texts(head, texts, 20, seed=1)
    assert last < first and last == pytest.approx(math.log(3) / 12, abs=0.05)


def test_a_run_begins_with_it(run, tmp_path):
    songs = write_songs(tmp_path, "train", 6, 1)
    (tmp_path / "small.toml").write_text(SMALL)
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join([json.loads(line)["text"] for line in songs.read_text().splitlines()] + ["no such"]))
    still = "--config", tmp_path / "small.toml", "--lr", 0
    for name, more in (("a", ()), ("b", ("--set", f"train.predictor_texts={texts}"))):
        ran = run("train", songs, *still, *more, "--run", tmp_path / name)
        assert ran.code == 0, ran.stderr
    one, other = (load_checkpoint(tmp_path / name).weights for name in ("a", "b"))
    moved = {name for name, weights in one.items() if not torch.equal(weights, other[name])}
    assert moved and all(".predictor." in name for name in moved if "norm" not in name and "running" not in name), moved


def test_texts_of_other_letters_and_heads_without_a_prediction_network_are_named(run, tmp_path):
    songs = write_songs(tmp_path, "train", 3, 1)
    (tmp_path / "small.toml").write_text(SMALL)
    (tmp_path / "texts.txt").write_text("xyz\n")
    asked = "train", songs, "--config", tmp_path / "small.toml", "--set", f"train.predictor_texts={tmp_path}/texts.txt"
    ran = run(*asked, "--run", tmp_path / "a")
    assert ran.code == 2 and "is spelled by the units" in ran.stderr
    ran = run(*asked, "--set", "model.head=ctc", "--set", "loss.kind=ctc", "--run", tmp_path / "a")
    assert ran.code == 2 and "which only a transducer has" in ran.stderr
