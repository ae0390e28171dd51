"""`ds2 plot` on a run folder and real recordings, through the same door as people."""

import json

import pytest
import torch

from ds2cli.config import Config, FeatureConfig, ModelConfig
from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import units_of

LETTERS = "abcdefghijklmnopqrstuvwxyz '"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run folder with an (untrained) network and three events."""
    folder = tmp_path_factory.mktemp("run")
    torch.manual_seed(1)
    config = Config(
        features=FeatureConfig(kind="mel", n_mels=16),
        model=ModelConfig((4,), conv_kernels=((5, 5),), conv_strides=((2, 2),), rnn_layers=1, rnn_size=16),
    )
    units = units_of([LETTERS])
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, Recogniser(config, units).state_dict(), {}))
    events = [
        {"event": "step", "step": 1, "epoch": 0.5, "loss": 90.0},
        {"event": "step", "step": 2, "epoch": 1.0, "loss": 60.0},
        {"event": "evaluation", "step": 2, "epoch": 1, "dev_loss": 55.0, "wer": 80.0, "cer": 40.0, "best": True},
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return folder


@pytest.fixture(scope="module")
def recording(an4):
    return sorted(an4.rglob("*.opus"))[0]


@pytest.fixture
def manifest(tmp_path, recording):
    fields = {"audio_filepath": str(recording), "duration": 1.0, "text": "a b"}
    records = [{"id": name, **fields} for name in ("one", "two")]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return tmp_path / "test.jsonl"


def test_a_curve_lands_in_the_run_and_its_path_on_stdout(run, trained):
    ran = run("plot", "curve", trained)
    assert (ran.code, ran.stdout.strip()) == (0, str(trained / "curve.svg"))
    assert (trained / "curve.svg").stat().st_size > 5_000


def test_an_utterance_of_a_manifest_is_drawn_by_its_id(run, trained, manifest, tmp_path):
    ran = run("plot", "utterance", trained, manifest, "--id", "two", "-o", tmp_path / "look.png")
    assert ran.code == 0 and (tmp_path / "look.png").read_bytes().startswith(b"\x89PNG")


def test_an_audio_file_is_drawn_too(run, trained, recording, tmp_path):
    assert run("plot", "utterance", trained, recording, "-o", tmp_path / "look.svg").code == 0
    assert recording.stem in (tmp_path / "look.svg").read_text()


@pytest.mark.parametrize("where", [(), ("--frame", "3"), ("--time", "0.5")])
def test_a_sensitivity_is_drawn_where_it_is_asked(run, trained, manifest, tmp_path, where):
    ran = run("plot", "sensitivity", trained, manifest, "--unit", "<space>", *where, "-o", tmp_path / "s.png")
    assert ran.code == 0 and (tmp_path / "s.png").exists()
    if where[:1] == ("--frame",):
        assert "frame 3" in ran.stderr


WRONG = {
    "no such id": (["utterance", "RUN", "MANIFEST", "--id", "x"], "no utterance `x` among its 2"),
    "no such unit": (["sensitivity", "RUN", "MANIFEST", "--unit", "é"], "`é` is not a unit"),
    "no such frame": (["sensitivity", "RUN", "MANIFEST", "--unit", "e", "--frame", "9999"], "no frame 9999"),
    "no such time": (["sensitivity", "RUN", "MANIFEST", "--unit", "e", "--time", "99"], "no time 99"),
    "two places": (["sensitivity", "RUN", "MANIFEST", "--unit", "e", "--time", "0", "--frame", "0"], "same thing"),
    "no such format": (["curve", "RUN", "-o", "curve.gif"], "picture format"),
    "no such run": (["curve", "nowhere"], "no such file"),
    "no history": (["curve", "MANIFEST"], "line 1: not an event of a training run"),
}


def test_an_hour_is_too_long_for_a_picture(run, trained, tmp_path, recording):
    record = {"audio_filepath": str(recording), "duration": 3600.0, "text": ""}
    ran = run("plot", "utterance", trained, "-", stdin=json.dumps(record))
    assert ran.code == 2 and "lasts 3600 s" in ran.stderr


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_use_is_two_lines_and_exit_2(run, trained, manifest, mistake):
    arguments, message = WRONG[mistake]
    ran = run("plot", *[{"RUN": trained, "MANIFEST": manifest}.get(word, word) for word in arguments])
    assert ran.code == 2 and not ran.stdout
    error, hint = ran.stderr.strip().splitlines()
    assert message in error and hint.startswith("hint: ")
