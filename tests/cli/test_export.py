"""ds2 export: the file appears when it answers as the recogniser does, and says how near it is."""

import dataclasses
import json
import shutil

import pytest
import torch
from singing import write_songs

from ds2cli.config import AugmentConfig, Config, FeatureConfig, LossConfig, ModelConfig
from ds2cli.errors import Exit
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(tmp_path):
    """A run of random weights, and songs to compare it on."""
    torch.manual_seed(1)
    units = units_of(["abcdefgh "])
    config = Config(FeatureConfig(kind="mel", n_mels=16, sample_rate=8000),
                    ModelConfig((4,), ((5, 5),), ((2, 2),), rnn="lstm", rnn_layers=1, rnn_size=8))
    (tmp_path / "run").mkdir()
    weights = Recogniser(config, units).state_dict()
    save_checkpoint(tmp_path / "run" / "best.safetensors", Checkpoint(config, units, weights, {}))
    write_songs(tmp_path, "dev", 6, 1)
    return tmp_path


def test_onnx_carries_what_a_program_must_know(run, folder):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    ran = run("export", folder / "run", "-o", folder / "a.onnx", "--dev", folder / "dev.jsonl")
    assert (ran.code, ran.stdout) == (Exit.DONE, f"{folder / 'a.onnx'}\n")
    assert "largest difference of log-probs" in ran.stderr and "in one batch and alone" in ran.stderr
    known = {one.key: one.value for one in onnx.load(folder / "a.onnx").metadata_props}
    assert (known["sample_rate"], known["frame_seconds"], known["blank"]) == ("8000", "0.02", "0")
    assert known["units"].split("\n")[0] == "<blank>" and "a" in known["units"].split("\n")


@pytest.mark.slow
def test_a_torch_program_is_written_and_compared(run, folder):
    ran = run("export", folder / "run", "-o", folder / "a.pt2")
    assert ran.code == Exit.DONE and "noise" in ran.stderr
    extra = {"ds2.json": ""}
    torch.export.load(folder / "a.pt2", extra_files=extra)
    assert json.loads(extra["ds2.json"])["sample_rate"] == "8000"


@pytest.mark.parametrize(
    ("arguments", "form"), [((), "int8"), (("--half",), "float16"), (("--format", "half"), "float16")]
)
def test_decode_opens_the_small_checkpoints_as_they_are(run, folder, arguments, form):
    small = folder / "small.safetensors"
    ran = run("export", folder / "run", "-o", small, "--dev", folder / "dev.jsonl", *arguments)
    assert ran.code == Exit.DONE
    assert [line.split()[0] for line in ran.stderr.splitlines()[-2:]] == ["float32", form]
    assert load_checkpoint(small).form == form
    decoded = run("decode", small, folder / "dev.jsonl")
    assert decoded.code == Exit.DONE and len(decoded.stdout.splitlines()) == 6


def test_an_exported_checkpoint_does_not_say_where_files_lay(run, folder):
    path = folder / "run" / "best.safetensors"
    known = load_checkpoint(path)
    lay = dataclasses.replace(known.config, augment=AugmentConfig(noise="/home/me/sounds"),
                              loss=LossConfig(kind="ctc_crf", lm="/home/me/phones.arpa"))
    save_checkpoint(path, dataclasses.replace(known, config=lay))
    assert run("export", folder / "run", "--half", "-o", folder / "small.safetensors").code == Exit.DONE
    config = load_checkpoint(folder / "small.safetensors").config
    assert (config.augment.noise, config.loss.kind, config.loss.lm) == ("sounds", "ctc_crf", "phones.arpa")


def test_the_checkpoint_itself_is_never_overwritten(run, folder):
    path = folder / "run" / "best.safetensors"
    before = path.read_bytes()
    ran = run("export", folder / "run", "-o", path)
    assert ran.code == Exit.USAGE and "is the checkpoint itself" in ran.stderr
    assert path.read_bytes() == before


def test_a_file_that_answers_otherwise_is_not_written(run, folder, monkeypatch):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("ds2cli.model.exchange.onnx_graph.CLIP", 0.1)
    (folder / "a.onnx").write_text("old")
    ran = run("export", folder / "run", "-o", folder / "a.onnx")
    assert ran.code == Exit.FAILED and "is not written: it differs" in ran.stderr
    assert (folder / "a.onnx").read_text() == "old"
    assert sorted(one.name for one in folder.iterdir()) == ["a.onnx", "dev", "dev.jsonl", "run"]


def test_a_recording_that_is_gone_is_named_and_counted(run, folder):
    shutil.rmtree(folder / "dev")
    write_songs(folder, "other", 2, 3)
    both = (folder / "other.jsonl").read_text() + (folder / "dev.jsonl").read_text().splitlines()[0] + "\n"
    (folder / "both.jsonl").write_text(both)
    ran = run("export", folder / "run", "-o", folder / "a.safetensors", "--dev", folder / "both.jsonl")
    assert ran.code == Exit.SKIPPED and "skipped 1 recording\n" in ran.stderr
    assert (folder / "a.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("-o", "model"), "does not say which format"), (("-o", "a.onnx", "--format", "tflite"), "no format `tflite`"),
     (("-o", "a.onnx", "--format", "onnx", "--half"), "--half and --format onnx")],
)
def test_formats_that_do_not_exist_are_asked_wrongly(run, folder, arguments, said):
    ran = run("export", folder / "run", *arguments)
    assert ran.code == Exit.USAGE and said in ran.stderr


def test_a_missing_package_is_named_with_its_cure(run, folder, monkeypatch):
    monkeypatch.setattr("ds2cli.workflows.export.export.NEEDED", ("onnx_that_nobody_has",))
    ran = run("export", folder / "run", "-o", folder / "a.onnx")
    assert ran.code == Exit.USAGE and "pip install 'ds2cli[export]'" in ran.stderr
