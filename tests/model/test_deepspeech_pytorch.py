"""`ds2 import deepspeech.pytorch`: what becomes of their checkpoints answers as theirs do, and runs nothing of them."""

import enum
import json
import pickle
import sys
import types

import numpy as np
import pytest
import torch
from their_network import LABELS, make_theirs, their_features
from torch import nn

from ds2cli.errors import Exit
from ds2cli.model.recogniser import load_recogniser

pytestmark = pytest.mark.usefixtures("one_thread")
SHAPES = [(nn.LSTM, 24, 3, True), (nn.GRU, 20, 2, True), (nn.LSTM, 16, 2, False), (nn.GRU, 16, 1, False)]
SPECT = {"sample_rate": 16000, "window_size": 0.02, "window_stride": 0.01, "window": "hamming"}


@pytest.fixture
def their_modules(monkeypatch):
    """Classes of omegaconf and of theirs that a Lightning checkpoint names; gone when it is read."""
    config, enums = types.ModuleType("omegaconf.dictconfig"), types.ModuleType("deepspeech_pytorch.enums")

    class DictConfig:
        def __init__(self, content):
            self._content = {key: AnyNode(value) for key, value in content.items()}

    class AnyNode:
        def __init__(self, value):
            self._val = value

    window = enum.Enum("SpectrogramWindow", {"hamming": "hamming"}, module="deepspeech_pytorch.enums")
    for made, module in ((DictConfig, config), (AnyNode, config), (window, enums)):
        made.__module__, made.__qualname__ = module.__name__, made.__name__
        setattr(module, made.__name__, made)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "omegaconf", types.ModuleType("omegaconf"))
    monkeypatch.setitem(sys.modules, "deepspeech_pytorch", types.ModuleType("deepspeech_pytorch"))
    return lambda: DictConfig({**SPECT, "window": window.hamming})


@pytest.fixture
def sounds(an4_utterances):
    """Speech of many lengths, as 16 bits hold it."""
    from ds2cli.audio.files import read_audio

    found = [read_audio(one.audio, 16000) for one in an4_utterances(5)]
    found += [found[0][:n] for n in (400, 640, 799, 800, 801, 3333)]
    return [np.rint(one * 32767).astype(np.float32) / 32768 for one in found]


@pytest.mark.parametrize(("kind", "size", "layers", "both"), SHAPES)
def test_log_probs_are_theirs_at_every_length(
    run, tmp_path, monkeypatch, their_modules, sounds, kind, size, layers, both
):
    network = make_theirs(kind, size, layers, both)
    named = {"labels": LABELS, "spect_cfg": their_modules(), "model_cfg": their_modules()}
    place = tmp_path / "old.ckpt"
    torch.save({"epoch": 3, "state_dict": network.state_dict(), "pytorch-lightning_version": "1.0",
                "hyper_parameters": named}, place)
    for name in ("omegaconf.dictconfig", "omegaconf", "deepspeech_pytorch.enums", "deepspeech_pytorch"):
        monkeypatch.delitem(sys.modules, name)
    ran = run("import", "deepspeech.pytorch", place, "-o", tmp_path / "old")
    assert ran.code == 0 and ran.stdout.strip() == str(tmp_path / "old"), ran.stderr
    recogniser = load_recogniser(tmp_path / "old")
    assert recogniser.units.names[1:4] == ("'", "a", "b") and recogniser.units.names[-1] == " "
    with torch.no_grad():
        expected = network([their_features(one) for one in sounds])
    for ours, theirs in zip(recogniser.log_probs(sounds), expected, strict=True):
        assert ours.shape == tuple(theirs.shape)
        assert np.abs(ours - theirs.numpy()).max() < 1e-4
    for sound, theirs in zip(sounds, expected, strict=True):  # alone, too
        assert np.abs(recogniser.log_probs([sound])[0] - theirs.numpy()).max() < 1e-4


@pytest.fixture
def old(run, tmp_path):
    """A package of the older form, on several GPUs, its blank not the first; imported."""
    network = make_theirs(nn.GRU, 16, 2, True)
    weights = {f"module.{name}": tensor for name, tensor in network.state_dict().items()}
    labels = "".join(LABELS[1:] + LABELS[:1])
    weights["module.fc.0.module.1.weight"] = weights["module.fc.0.module.1.weight"].roll(-1, 0)
    torch.save({"version": "0.0.1", "hidden_size": 16, "rnn_type": "gru", "labels": labels, "audio_conf": SPECT,
                "state_dict": weights}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    ran = run("import", "deepspeech.pytorch", tmp_path / "old.pth", "-o", tmp_path / "old")
    assert ran.code == 0, ran.stderr
    return network


def test_an_old_package_too_and_its_blank_is_found(old, tmp_path, sounds):
    with torch.no_grad():
        expected = old([their_features(sounds[0])])[0]
    assert np.abs(load_recogniser(tmp_path / "old").log_probs(sounds[:1])[0] - expected.numpy()).max() < 1e-4


def test_it_decodes_is_fine_tuned_and_exported(run, old, tmp_path, an4_utterances):
    manifest = tmp_path / "m.jsonl"
    manifest.write_text("".join(json.dumps({"id": one.id, **one.record}) + "\n" for one in an4_utterances(6)))
    ran = run("decode", tmp_path / "old", manifest, "--greedy")
    assert ran.code == 0 and len(ran.stdout.splitlines()) == 6, ran.stderr
    ran = run("train", manifest, "--dev", manifest, "--init", tmp_path / "old", "--run", tmp_path / "new",
              "--set", "train.epochs=1")
    assert ran.code == 0, ran.stderr
    ran = run("export", tmp_path / "old", "-o", tmp_path / "small.safetensors")
    assert ran.code == 0, ran.stderr


def test_it_goes_to_other_runtimes(run, old, tmp_path):
    pytest.importorskip("onnxruntime")
    ran = run("export", tmp_path / "old", "-o", tmp_path / "model.onnx")
    assert ran.code == 0 and float(ran.stderr.split("log-probs: ")[1].split(",")[0]) < 1e-4, ran.stderr


def test_nothing_in_the_file_is_run(run, tmp_path):
    class Evil:
        def __reduce__(self):
            import os

            return os.system, (f"touch {tmp_path}/run",)

    network = make_theirs(nn.GRU, 16, 1, True)
    torch.save({"state_dict": network.state_dict(), "hyper_parameters": {"labels": LABELS, "spect_cfg": Evil()}},
               tmp_path / "evil.ckpt")
    run("import", "deepspeech.pytorch", tmp_path / "evil.ckpt", "-o", tmp_path / "out")
    (tmp_path / "bare.ckpt").write_bytes(pickle.dumps(Evil()))
    ran = run("import", "deepspeech.pytorch", tmp_path / "bare.ckpt", "-o", tmp_path / "out2")
    assert ran.code == Exit.USAGE and not (tmp_path / "run").exists()


def test_what_cannot_be_taken_over_is_named(run, tmp_path):
    def says(*words, path="x.ckpt", flags=()):
        ran = run("import", "deepspeech.pytorch", tmp_path / path, "-o", tmp_path / "out", *flags)
        assert ran.code == Exit.USAGE and not (tmp_path / "out").exists()
        assert "Traceback" not in ran.stderr and all(word in ran.stderr for word in ("error: ", *words)), ran.stderr

    says("no such file")
    ran = run("import", "coqui", tmp_path / "m.tflite", "-o", tmp_path / "out")
    assert ran.code == Exit.USAGE and "models of `coqui`" in ran.stderr and "ds2 decode logits.npz" in ran.stderr
    for name, what in (("m.pbmm", "Mozilla or Coqui"), ("m.tflite", "TensorFlow"), ("m.pdparams", "PaddleSpeech"),
                       ("best_dev-9.data-00000-of-00001", "checkpoint"), ("deepspeech2.tar.gz", "archive")):
        (tmp_path / name).write_bytes(b"\0")
        says(what, "ds2 decode logits.npz", path=name)
    (tmp_path / "x.ckpt").write_bytes(b"PK\3\4 no")
    says("not a checkpoint that torch wrote")
    network = make_theirs(nn.RNN, 16, 1, True)
    torch.save({"state_dict": network.state_dict()}, tmp_path / "x.ckpt")
    says("tanh")
    torch.save({"state_dict": {"a": torch.zeros(2)}}, tmp_path / "x.ckpt")
    says("not a network of deepspeech.pytorch")
    torch.save({"state_dict": make_theirs(nn.GRU, 16, 1, True).state_dict()}, tmp_path / "x.ckpt")
    (tmp_path / "labels.json").write_text('["_", "A"]')
    says("29 outputs, and there are 2 labels", flags=["--labels", tmp_path / "labels.json"])
    ran = run("import", "deepspeech.pytorch", tmp_path / "x.ckpt", "-o", tmp_path / "out")
    assert ran.code == 0 and "taken for their English labels" in ran.stderr
