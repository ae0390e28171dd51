"""`ds2 decode --with`: networks that listen together; what cannot be averaged is said before anything is heard."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ds2cli.audio.files import write_audio
from ds2cli.config import Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.decoding.log_probs import LogProbFile
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

pytestmark = pytest.mark.usefixtures("one_thread")

CONVOLUTION = {"conv_channels": (2,), "conv_kernels": ((5, 5),), "conv_strides": ((2, 2),)}
ALIKE = Config(FeatureConfig(kind="mel", n_mels=16, sample_rate=8000),
               ModelConfig(**CONVOLUTION, rnn_layers=1, rnn_size=4))  # fmt: skip
LIVE = Config(replace(ALIKE.features, normalise_power=False), replace(ALIKE.model, bidirectional=False))


@pytest.fixture(scope="module")
def folder(an4_utterances, tmp_path_factory):
    """Speech, a minute of noise, and networks with fresh weights of different seeds."""
    folder = tmp_path_factory.mktemp("ensemble")
    records = [{"id": one.id, **one.record} for one in an4_utterances(5)]
    (folder / "m.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    write_audio(folder / "long.wav", np.random.default_rng(1).normal(0, 0.1, 65 * 8000).astype(np.float32), 8000)
    networks = {
        "a": ALIKE, "b": ALIKE, "wide": replace(ALIKE, model=replace(ALIKE.model, rnn_size=6)),
        "live": LIVE, "live2": LIVE,
        "transducer": replace(ALIKE, model=replace(ALIKE.model, head="transducer"), loss=LossConfig("transducer")),
        "quick": replace(ALIKE, model=replace(ALIKE.model, conv_strides=((2, 1),))),
        "other-units": ALIKE,
    }  # fmt: skip
    for seed, (name, config) in enumerate(networks.items()):
        torch.manual_seed(seed)
        units = units_of(["no"] if name == "other-units" else ["yest "])
        checkpoint = Checkpoint(config, units, Recogniser(config, units).state_dict(), {})
        save_checkpoint(folder / f"{name}.safetensors", checkpoint)
    return folder


@pytest.fixture
def heard(run, folder, tmp_path):
    """Each utterance's log-probs: `heard("m.jsonl", "a", "b")`, of both together."""

    def listen(recordings: str, first: str, *others: str) -> list[np.ndarray]:
        together = [part for other in others for part in ("--with", folder / f"{other}.safetensors")]
        ran = run("decode", folder / f"{first}.safetensors", folder / recordings, "--greedy",
                  "--log-probs", tmp_path / "heard.npz", *together)  # fmt: skip
        assert ran.code == 0, ran.stderr
        return [log_probs for _, log_probs in LogProbFile(tmp_path / "heard.npz")]

    return listen


@pytest.mark.parametrize("others", [["b"], ["wide"], ["b", "wide"]])
def test_the_log_probs_are_the_normalised_mean(heard, others):
    together = heard("m.jsonl", "a", *others)
    alone = [heard("m.jsonl", name) for name in ("a", *others)]
    for found, versions in zip(together, zip(*alone, strict=True), strict=True):
        product = np.exp(np.mean(np.array(versions, np.float64), 0))
        np.testing.assert_allclose(np.exp(found), product / product.sum(1, keepdims=True), atol=1e-5)


def test_a_network_agrees_with_itself(heard):
    for found, alone in zip(heard("m.jsonl", "a", "a"), heard("m.jsonl", "a"), strict=True):
        np.testing.assert_allclose(found, alone, atol=1e-5)


def test_long_recordings_are_heard_by_all(heard):
    """One network that needs nothing of the future would hear it as a stream."""
    both, first, second = (heard("long.wav", *names)[0] for names in (("live", "live2"), ("live",), ("live2",)))
    product = np.exp((first + second) / 2)
    middle = slice(300, 600)  # windows know less of what was before them
    np.testing.assert_allclose(np.exp(both)[middle], (product / product.sum(1, keepdims=True))[middle], atol=0.02)
    assert np.abs(np.exp(both) - np.exp(first)).max() > 0.05


def test_shares_are_heard_by_all(run, folder, tmp_path):
    a, wide = folder / "a.safetensors", folder / "wide.safetensors"
    command = ("decode", a, folder / "m.jsonl", "--greedy", "--with", wide)
    whole = run(*command).stdout
    for share in ("1/2", "2/2"):
        assert run(*command, "-o", tmp_path / "o.jsonl", "--shard", share).code == 0
    assert run("join", tmp_path / "o.jsonl.shares").code == 0
    assert (tmp_path / "o.jsonl").read_text() == whole


@pytest.mark.parametrize(("other", "said"), [
    ("transducer", "is a transducer"), ("other-units", "has 3 units"), ("quick", "has frames of 0.01 s"),
    ("none", "no such"),
])  # fmt: skip
def test_what_cannot_be_averaged(run, folder, other, said):
    ran = run("decode", folder / "a.safetensors", folder / "m.jsonl", "--with", folder / f"{other}.safetensors")
    assert ran.code == 2 and said in ran.stderr and "hint:" in ran.stderr and not ran.stdout


def test_neither_streams_nor_saved_log_probs(run, folder, heard, tmp_path):
    heard("m.jsonl", "a")
    other = "--with", folder / "b.safetensors"
    ran = run("decode", folder / "a.safetensors", tmp_path / "heard.npz", *other)
    assert ran.code == 2 and "log-probs are there" in ran.stderr
    ran = run("decode", folder / "a.safetensors", "--stream", folder / "long.wav", *other)
    assert ran.code == 2 and "stream" in ran.stderr
