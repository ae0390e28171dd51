"""Every command with every format: lines of that form, or a refusal before the work, never half a file."""

import json
import re

import pytest

from ds2cli.cli import main
from ds2cli.records.formats import FORMATS, takes_one_recording

FIRST_LINE = {
    "jsonl": r'\{"id": "an251-fash-b".*"words": \[\{.*', "text": r"[a-z' ]*", "trn": r"[a-z' ]* ?\(an251-fash-b\)",
    "ctm": r"an251-fash-b 1 \d+\.\d{3} \d+\.\d{3} \S+ \d\.\d{3}", "srt": "1", "vtt": "WEBVTT",
    "textgrid": 'File type = "ooTextFile"', "audacity": r"0\.000000\t1\.000000\t[a-z' ]*",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with random weights: it understands nothing, but decodes and aligns everything."""
    import torch

    from ds2cli.model.checkpoint import Checkpoint, save_checkpoint
    from ds2cli.model.recogniser import Recogniser
    from ds2cli.settings import Layer, preset_layer, resolve
    from ds2cli.text.units import units_of

    torch.manual_seed(3)
    small = {"model.rnn_size": 8, "model.rnn_layers": 1, "model.conv_channels": [2, 2]}
    config, _ = resolve(preset_layer("tiny"), Layer(small, "test"))
    units = units_of(["abcdefghijklmnopqrstuvwxyz '"])
    recogniser = Recogniser(config, units)
    with torch.no_grad():
        recogniser.network.output.weight.mul_(6)
        recogniser.network.output.bias[0] -= 3.3  # as likely as each other unit: else little but blanks is heard
    folder = tmp_path_factory.mktemp("formats") / "run"
    folder.mkdir()
    save_checkpoint(folder / "best.safetensors", Checkpoint(config, units, recogniser.state_dict(), {}))
    return folder


def record(an4, name="an251-fash-b", **more):
    audio = next((an4 / "wav").rglob(f"{name}.opus"))
    return json.dumps({"id": name, "audio_filepath": str(audio), "text": "yes", **more}) + "\n"


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("command", ["decode", "align"])
def test_decode_and_align_write_every_format(run, trained, an4, tmp_path, command, kind):
    ran = run(command, trained, "-", "--format", kind, "-o", tmp_path / "out", stdin=record(an4))
    assert ran.code == 0, ran.stderr
    assert re.match(FIRST_LINE[kind] + "\n", (tmp_path / "out").read_text())
    assert command == "decode" or "yes" in (tmp_path / "out").read_text()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("command", ["decode", "align"])
def test_two_recordings_are_refused_before_the_work_or_written_both(run, trained, an4, tmp_path, command, kind):
    lines = record(an4) + record(an4, "an253-fash-b")
    ran = run(command, trained, "-", "--format", kind, stdin=lines)
    if takes_one_recording(kind):
        assert (ran.code, ran.stdout) == (2, "") and "`an251-fash-b` and `an253-fash-b` cannot share" in ran.stderr
    else:
        assert ran.code == 0 and len(ran.stdout.splitlines()) >= 2, ran.stderr


@pytest.mark.parametrize("command", ["decode", "align"])
def test_a_line_that_is_no_record_is_named_and_costs_no_other(run, trained, an4, tmp_path, command):
    (tmp_path / "a.jsonl").write_text(record(an4) + record(an4, offset=-1) + "[" * 9999 + "\n" + record(an4))
    ran = run(command, trained, tmp_path / "a.jsonl", "--format", "trn")
    assert ran.code == 3 and len(ran.stdout.splitlines()) == 2
    assert "line 2: `offset` is negative" in ran.stderr and "line 3: not JSON" in ran.stderr


@pytest.mark.slow
def test_segment_writes_every_format_with_names_that_it_can_hold(run, an4, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "My talk.opus").write_bytes(next((an4 / "wav").rglob("an251-fash-b.opus")).read_bytes())
    (folder / "My talk.txt").write_text("yes")
    for kind in FORMATS:
        ran = run("prepare", "segment", "--model", "english", folder, "--all", "--work", tmp_path / "work", "--format",
                  kind, "-o", tmp_path / kind, "--kaldi", tmp_path / "kaldi", "--html", tmp_path / "look.html")
        assert "Traceback" not in ran.stderr and ran.code in (0, 3), ran.stderr
        assert (tmp_path / kind).is_file() and (tmp_path / "look.html").is_file(), ran.stderr
        assert "My talk" not in (tmp_path / "kaldi" / "text").read_text()


def test_a_program_that_calls_main_keeps_its_arguments_to_itself(monkeypatch, tmp_path):
    asked = {}

    def launch(processes, restarts, arguments):
        asked.update(processes=processes, arguments=arguments)
        return 0

    monkeypatch.setattr("sys.argv", ["host", "--its", "own"])
    monkeypatch.setattr("ds2cli.workflows.train.launch.launch", launch)
    code = main(["train", "one.jsonl", "--run", str(tmp_path / "r"), "--processes", "2", "--gpus=2", "--epochs", "1"])
    assert code == 0
    assert asked == {"processes": 2, "arguments": ["train", "one.jsonl", "--run", str(tmp_path / "r"), "--epochs", "1"]}
