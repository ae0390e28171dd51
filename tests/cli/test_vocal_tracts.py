"""`ds2 decode --vocal-tracts`: a network hears speech as from several speakers, and its answers are averaged."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.config import Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.decoding.log_probs import LogProbFile
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser, load_recogniser, pad
from ds2cli.text.units import units_of

pytestmark = pytest.mark.usefixtures("one_thread")

CONVOLUTION = {"conv_channels": (2,), "conv_kernels": ((5, 5),), "conv_strides": ((2, 2),)}
MEL = Config(FeatureConfig(kind="mel", n_mels=16, sample_rate=8000),
             ModelConfig(**CONVOLUTION, rnn_layers=1, rnn_size=4))  # fmt: skip
NETWORKS = {
    "mel": MEL, "other": MEL,
    "transducer": replace(MEL, model=replace(MEL.model, head="transducer"), loss=LossConfig("transducer")),
    "mfcc": replace(MEL, features=replace(MEL.features, kind="mfcc", n_mfcc=8)),
    "live": Config(replace(MEL.features, normalise_power=False), replace(MEL.model, bidirectional=False)),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(an4_utterances, tmp_path_factory):
    """Speech, and networks with fresh weights."""
    folder = tmp_path_factory.mktemp("vocal-tracts")
    records = [{"id": one.id, **one.record} for one in an4_utterances(5)]
    (folder / "m.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    write_audio(folder / "long.wav", np.random.default_rng(1).normal(0, 0.1, 65 * 8000).astype(np.float32), 8000)
    units = units_of(["yest "])
    for seed, (name, config) in enumerate(NETWORKS.items()):
        torch.manual_seed(seed)
        checkpoint = Checkpoint(config, units, Recogniser(config, units).state_dict(), {})
        save_checkpoint(folder / f"{name}.safetensors", checkpoint)
    return folder


@pytest.fixture
def heard(run, folder, tmp_path):
    """Each utterance's log-probs: `heard("mel", 0.9, 1)`, as from two vocal tracts."""

    def listen(name: str, *factors: float, recordings: str = "m.jsonl", more: tuple = ()) -> list[np.ndarray]:
        ran = run("decode", folder / f"{name}.safetensors", folder / recordings, "--greedy", *more,
                  "--log-probs", tmp_path / "heard.npz", *(("--vocal-tracts", *factors) if factors else ()))
        assert ran.code == 0, ran.stderr
        return [log_probs for _, log_probs in LogProbFile(tmp_path / "heard.npz")]

    return listen


def normalised_mean(versions: list[np.ndarray]) -> np.ndarray:
    """(T, V) probabilities, the product of the versions' to the power of one over their number."""
    product = np.exp(np.mean(np.array(versions, np.float64), 0))
    return product / product.sum(1, keepdims=True)


def test_a_factor_scales_the_frequencies_that_the_network_hears(heard, folder):
    recogniser = load_recogniser(folder / "mel.safetensors")
    for record, found in zip((folder / "m.jsonl").read_text().splitlines(), heard("mel", 0.9), strict=True):
        features, frames = recogniser.frontend(*pad([read_audio(json.loads(record)["audio_filepath"], 8000)]))
        warped = recogniser.frontend.scale_frequencies(features, torch.tensor([0.9], dtype=torch.float64))
        np.testing.assert_allclose(found, recogniser.network(warped, frames)[0][0].detach(), atol=1e-4)


def test_a_factor_of_one_changes_nothing(heard):
    for name in ("mel", "live"):
        for found, plain in zip(heard(name, 1), heard(name), strict=True):
            np.testing.assert_allclose(found, plain, atol=1e-5)


def test_several_are_averaged(heard):
    together = heard("mel", 0.9, 1, 1.1)
    alone = [heard("mel", factor) for factor in (0.9, 1, 1.1)]
    for found, versions in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(np.exp(found), normalised_mean(versions), atol=1e-5)


def test_beside_other_networks_each_hears_all_of_them(heard, folder):
    other = ("--with", folder / "other.safetensors")
    together = heard("mel", 0.9, 1.1, more=other)
    alone = [heard(name, factor) for name in ("mel", "other") for factor in (0.9, 1.1)]
    for found, versions in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_allclose(np.exp(found), normalised_mean(versions), atol=1e-5)


def test_long_recordings_are_heard_in_windows(heard):
    """A network that needs nothing of the future would hear them as streams."""
    plain, scaled = (heard("live", *factors, recordings="long.wav")[0] for factors in ((), (0.8, 1.2)))
    assert plain.shape == scaled.shape and np.abs(np.exp(plain) - np.exp(scaled)).max() > 0.01


def test_of_a_transducer_the_frames_are_averaged(run, folder):
    command = ("decode", folder / "transducer.safetensors", folder / "m.jsonl")
    plain, same, other = (run(*command, *factors) for factors in
                          ((), ("--vocal-tracts", 1, 1), ("--vocal-tracts", "0.6 1.6")))
    assert plain.code == same.code == other.code == 0, other.stderr
    assert [json.loads(line)["pred_text"] for line in same.stdout.splitlines()] == [
        json.loads(line)["pred_text"] for line in plain.stdout.splitlines()]
    assert other.stdout != plain.stdout


def test_shares_hear_all_of_them(run, folder, tmp_path):
    command = ("decode", folder / "mel.safetensors", folder / "m.jsonl", "--greedy", "--vocal-tracts", "0.9,1.1")
    whole = run(*command).stdout
    for share in ("1/2", "2/2"):
        assert run(*command, "-o", tmp_path / "o.jsonl", "--shard", share).code == 0
    assert run("join", tmp_path / "o.jsonl.shares").code == 0
    assert (tmp_path / "o.jsonl").read_text() == whole


@pytest.mark.parametrize(("name", "factors", "said"), [
    ("mfcc", "0.9 1.1", "cepstral coefficients"), ("mel", "9", "from 0.5 to 2"), ("mel", "0", "from 0.5 to 2"),
    ("mel", "some", "are not numbers"), ("mel", "nan", "are not numbers"),
])  # fmt: skip
def test_what_cannot_be_scaled(run, folder, name, factors, said):
    ran = run("decode", folder / f"{name}.safetensors", folder / "m.jsonl", "--vocal-tracts", factors)
    assert ran.code == 2 and said in ran.stderr and "hint:" in ran.stderr and not ran.stdout


def test_neither_streams_nor_saved_log_probs(run, folder, heard, tmp_path):
    heard("live")
    for inputs, said in (([tmp_path / "heard.npz"], "log-probs are there"),
                         (["--stream", folder / "long.wav"], "does not work on a stream")):
        ran = run("decode", folder / "live.safetensors", *inputs, "--vocal-tracts", "0.9 1.1")
        assert ran.code == 2 and said in ran.stderr and "hint:" in ran.stderr
