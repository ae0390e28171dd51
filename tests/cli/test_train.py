"""`ds2 train` through the door that people use: what it says, what it writes, how it fails."""

import json
import os
import subprocess
import tomllib

import pytest
import torch
from real_runs import command

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.config import Config
from ds2cli.declarations import declared
from ds2cli.model.checkpoint import load_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


def songs(data) -> list[dict]:
    return [json.loads(line) for line in (data / "train.jsonl").read_text().splitlines()]


def lines_of(records: list[dict]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_run_says_one_line_and_leaves_everything_in_its_folder(train, tmp_path):
    ran = train()
    folder = tmp_path / "run"
    assert (ran.code, ran.stdout) == (0, f"{folder / 'best.safetensors'}\n")
    assert {one.name for one in folder.iterdir()} == {
        "best.safetensors", "last.safetensors", "trainer.pt", "config.toml", "units.txt", "train.jsonl", "dev.jsonl",
        "metrics.jsonl", "samples.jsonl", "curve.svg",
    }  # fmt: skip
    assert "in 12 utterances" in ran.stderr and "seed 1" in ran.stderr and str(folder) in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("hint: hear it: ds2 decode")
    assert load_checkpoint(folder).config.train.epochs == 2


def test_quiet_is_quiet(run, data, tmp_path):
    ran = run("-q", "train", data / "train.jsonl", "--config", data / "settings.toml", "--run", tmp_path / "run")
    assert (ran.code, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) == 1


def test_without_a_held_out_set_the_metrics_are_still_json(train, tmp_path):
    assert train(dev=None).code == 0

    def refuse(name: str):
        raise ValueError(name)

    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    events = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [event["dev_loss"] for event in events if event["event"] == "evaluation"] == [None, None]


def test_records_may_come_through_a_pipe(run, data, tmp_path, monkeypatch):
    monkeypatch.chdir(data)
    ran = run(
        "train", "-", "--config", "settings.toml", "--run", tmp_path / "run", stdin=(data / "train.jsonl").read_text()
    )
    assert ran.code == 0, ran.stderr
    assert "in 12 utterances" in ran.stderr


def test_a_dry_run_prints_every_setting_with_its_origin_and_trains_nothing(run, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = "--preset", "tiny", "--config", data / "settings.toml", "--lr", "0.5"
    ran = run("train", data / "train.jsonl", *settings, "--dry-run")
    assert ran.code == 0, ran.stderr
    settings = tomllib.loads(ran.stdout)
    assert {f"{section}.{name}" for section, part in settings.items() for name in part} == set(declared(Config))
    origins = {line.split(" = ")[0]: line.rsplit("# ", 1)[1] for line in ran.stdout.splitlines() if " = " in line}
    assert (origins["learning_rate"], origins["rnn_size"]) == ("flag", f"`{data / 'settings.toml'}`")
    assert (origins["speeds"], origins["momentum"]) == ("preset `tiny`", "default")
    assert "M parameters" in ran.stderr and "GB" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("line", "complaint"), [
    ("{", "line 3: not JSON"),
    ("[1]", "line 3: not a JSON object"),
    ('{"duration": 1, "text": "a"}', "line 3: no field `audio_filepath`"),
    ('{"audio_filepath": "a.wav", "text": "a"}', "line 3: no field `duration`"),
    ('{"audio_filepath": "a.wav", "duration": "long", "text": "a"}', "line 3: `duration` is"),
    ('{"audio_filepath": "a.wav", "duration": NaN, "text": "a"}', "line 3: `duration` is nan"),
    ('{"audio_filepath": "a.wav", "duration": 1, "offset": Infinity, "text": "a"}', "line 3: `offset` is inf"),
])
def test_a_bad_line_is_named_with_its_number(train, data, line, complaint):
    good = lines_of(songs(data)[:1])
    ran = train(good + "\n" + line + "\n" + good)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: `") and f".jsonl`, {complaint}" in ran.stderr
    assert "hint: " in ran.stderr


@pytest.mark.parametrize("which", ["train", "dev"])
def test_a_manifest_that_does_not_exist_is_named(run, data, tmp_path, which):
    files = {"train": data / "train.jsonl", "dev": data / "dev.jsonl", which: data / "none.jsonl"}
    ran = run("train", files["train"], "--dev", files["dev"], "--run", tmp_path / "run")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"error: no such file: `{data / 'none.jsonl'}`\nhint: write one with: ds2 prepare")


def left_out(data, kind: str) -> str:
    records = songs(data)
    records[3] |= {
        "outside the units": {"text": "aé"},
        "more letters than frames": {"text": "ab" * 400},
        "no text": {"text": " "},
        "no duration": {"duration": 0},
        "too long": {"duration": 99.0},
    }[kind]
    return lines_of(records)


@pytest.mark.parametrize(("kind", "detail"), [
    ("outside the units", "`train-3`: `é` is not a unit"),
    ("more letters than frames", "`train-3`: 800 letters in"),
    ("no text", "`train-3`: its text is empty"),
    ("no duration", "`train-3`: its duration is not positive"),
    ("too long", "`train-3`: 99.0 s is over batch.max_seconds = 30"),
])
def test_what_cannot_be_learned_from_is_left_out_and_counted(train, data, tmp_path, kind, detail):
    (tmp_path / "units.txt").write_text("<space>\na\nb\nc\nd\ne\nf\ng\nh\n")
    ran = train(left_out(data, kind), "--units", tmp_path / "units.txt", "--epochs", 1)
    assert ran.code == 3, ran.stderr
    assert f"warning: 1 left out, {kind}: {detail}" in ran.stderr
    assert "in 11 utterances" in ran.stderr and ran.stdout.endswith("best.safetensors\n")
    strict = train(left_out(data, kind), "--units", tmp_path / "units.txt", "--strict", "--run", tmp_path / "b")
    assert (strict.code, strict.stdout) == (1, "")
    assert strict.stderr.startswith(f"error: {detail}")


def test_held_out_speech_that_the_units_do_not_spell_is_named_and_counts(train, data, tmp_path):
    records = [json.loads(line) for line in (data / "dev.jsonl").read_text().splitlines()]
    records[0]["text"] = "a quiz"
    (data / "foreign.jsonl").write_text(lines_of(records))
    ran = train(dev="foreign.jsonl")
    assert ran.code == 0, ran.stderr
    assert "warning: 1 of 4 held-out utterances are outside the units, and count as they are heard: `dev-0`: `q`" in (
        ran.stderr
    )
    assert len((tmp_path / "run" / "dev.jsonl").read_text().splitlines()) == 4
    samples = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    assert samples[0]["text"] == "a quiz"


@pytest.mark.parametrize(("texts", "complaint"), [
    ([], "no utterance in `"), (["", " "], "no text"),
    (["QUIZ", "PHLOX"], "2 outside the units: `0`: `Q` is not a unit"),
])
def test_a_held_out_set_of_no_use_is_an_error(train, data, tmp_path, texts, complaint):
    record = json.loads((data / "dev.jsonl").read_text().splitlines()[0])
    lines = lines_of([{**record, "id": str(number), "text": text} for number, text in enumerate(texts)])
    (data / "useless.jsonl").write_text(lines)
    ran = train(dev="useless.jsonl")
    assert (ran.code, ran.stdout) == (2, "") and not (tmp_path / "run").exists()
    assert "error: no utterance in `" in ran.stderr and complaint in ran.stderr and "hint: " in ran.stderr


def test_texts_that_end_in_a_line_break_are_learned_from_and_read_back(train, run, data, tmp_path):
    records = [{**one, "text": one["text"] + "\r\n", "note": "\ud800"} for one in songs(data)]
    assert train(lines_of(records)).code == 0
    assert "\r" not in load_checkpoint(tmp_path / "run").units.names
    assert "was done already" in run("train", "--resume", tmp_path / "run").stderr


def test_a_step_that_taught_nothing_has_no_loss(train, data, tmp_path):
    """Neither nought in the metrics nor in the table."""
    ran = train(None, "--epochs", 1, "--lr", "1e30", "--set", "optimizer.schedule=constant")
    events = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [event["loss"] for event in events if event["event"] == "step"]
    assert None in losses and 0.0 not in losses, ran.stderr
    assert "0.000" not in ran.stderr


def test_nothing_left_to_train_on_is_an_error(train, data, tmp_path):
    ran = train(lines_of([{**songs(data)[0], "text": ""}]))
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: no utterance to train on" in ran.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("where", ["train", "dev"])
def test_a_broken_recording_is_named_once_and_skipped(train, data, tmp_path, where):
    (data / "broken.wav").write_bytes(b"RIFF\x00\x00")
    records = songs(data)
    records[5]["audio_filepath"] = "broken.wav"
    (data / "broken.jsonl").write_text(lines_of(records))
    broken_dev = "broken.jsonl" if where == "dev" else "dev.jsonl"
    ran = train(lines_of(records) if where == "train" else None, dev=broken_dev)
    assert ran.code == 3, ran.stderr
    assert ran.stdout == f"{tmp_path / 'run' / 'best.safetensors'}\n"
    assert ran.stderr.count("skipped") == 1  # though there were two epochs
    assert "warning: skipped `train-5`: `" in ran.stderr
    assert "broken.wav` is not audio that soundfile can read" in ran.stderr


def test_a_recording_shorter_than_it_promised_teaches_nothing_and_harms_nobody(train, data, tmp_path):
    """Its text fits the duration in the manifest, not the sound: CTC's loss is infinite, the others go on."""
    write_audio(data / "short.wav", read_audio(data / "train" / "1.wav", 8000)[:800], 8000)
    records = songs(data)
    records[1] |= {"audio_filepath": "short.wav", "text": "abcdefgh" * 2}
    ran = train(lines_of(records))
    assert ran.code == 3, ran.stderr
    assert ran.stderr.count("warning: loss is not finite at step") == 1 and "`train-1` taught nothing" in ran.stderr
    events = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert all(event["gradient_norm"] > 0 for event in events if event["event"] == "step")
    losses = [event["train_loss"] for event in events if event["event"] == "evaluation"]
    assert losses[1] < losses[0]


def test_strict_stops_at_a_broken_recording(train, data):
    (data / "broken.wav").write_bytes(b"RIFF\x00\x00")
    ran = train(lines_of([*songs(data), {**songs(data)[0], "id": "bad", "audio_filepath": "broken.wav"}]), "--strict")
    assert (ran.code, ran.stdout) == (1, "")
    assert "error: `bad`: `" in ran.stderr


def test_no_readable_recording_is_an_error(train, data):
    ran = train(lines_of([{**one, "audio_filepath": "none.wav"} for one in songs(data)]))
    assert (ran.code, ran.stdout) == (1, "")
    assert "error: no audio of the training set could be read" in ran.stderr


def test_a_run_is_not_overwritten(train, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.toml").write_text("")
    ran = train()
    assert (ran.code, ran.stdout) == (2, "")
    assert f"error: `{folder}` already holds a run\nhint: continue it with: ds2 train --resume {folder}" in ran.stderr


def test_a_folder_that_cannot_be_made_is_an_error(train, tmp_path):
    (tmp_path / "run").write_text("a file")
    ran = train()
    assert ran.code == 2 and ran.stderr.startswith(f"error: `{tmp_path / 'run'}` is a file\n")


@pytest.mark.parametrize(("arguments", "complaint"), [
    ((), "name the records to train on, or a run to resume"),
    (("x.jsonl",), "no folder for the run"),
    (("x.jsonl", "--resume", "runs/a"), "name the records to train on, or a run to resume"),
    (("x.jsonl", "--run", "r", "--set", "train.epoch=3"), "unknown setting `train.epoch` in flag"),
    (("x.jsonl", "--run", "r", "--set", "train.epochs=3", "--set", "train.epochs=4"), "is set twice"),
    (("x.jsonl", "--run", "r", "--epochs", "0"), "`train.epochs` in flag is `0`"),
    (("x.jsonl", "--run", "r", "--preset", "huge"), "no preset `huge`"),
    (("x.jsonl", "--run", "r", "--config", "none.toml"), "cannot read `none.toml`"),
    (("-", "--run", "r", "--processes", "2"), "several processes cannot share stdin"),
    (("--resume", "none"), "`none` holds no run"),
    (("--resume", "none", "--set", "train.epochs=3"), "a resumed run keeps its data and its settings"),
    (("--resume", "none", "--epochs", "3"), "a resumed run keeps its data and its settings"),
    (("--resume", "none", "--init", "x"), "a resumed run keeps its data and its settings"),
    (("x.jsonl", "--run", "r", "--init", "none"), "no such run or checkpoint: `none`"),
    (("--resume", "none", "--dev", "x"), "a resumed run keeps its data and its settings"),
])
def test_wrong_use_is_told_with_a_cure(run, tmp_path, monkeypatch, arguments, complaint):
    monkeypatch.chdir(tmp_path)
    ran = run("train", *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert complaint in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("device", ["banana", "cuda:99"])
def test_a_device_that_is_not_there_is_an_error(train, device, tmp_path):
    ran = train(None, "--device", device)
    assert (ran.code, ran.stdout) == (2, "")
    assert f"error: no device `{device}` on this machine" in ran.stderr
    assert not (tmp_path / "run").exists()


def test_stdout_is_whole_when_a_terminal_watches(data, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "settings.toml",
                "--run", tmp_path / "run"),
        stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "OMP_NUM_THREADS": "1", "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how a pty says that nobody writes any more
            break
        if not piece:
            break
        seen += piece
    out, _ = process.communicate()
    os.close(ours)
    assert (process.returncode, out.decode()) == (0, f"{tmp_path / 'run' / 'best.safetensors'}\n")
    assert b"epoch 2" in seen and b"x real time" in seen and b"hint: hear it" in seen
    assert out not in seen


def test_one_seed_is_one_result_and_another_is_another(run, data, tmp_path):
    weights = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        ran = run("train", data / "train.jsonl", "--config", data / "settings.toml", "--run", tmp_path / name,
                  "--seed", seed, "--epochs", 1)  # fmt: skip
        assert ran.code == 0
        weights[name] = load_checkpoint(tmp_path / name).weights["network.output.weight"]
    assert torch.equal(weights["a"], weights["b"]) and not torch.equal(weights["a"], weights["c"])


def test_the_number_of_workers_changes_no_bit(run, data, tmp_path):
    drawn = [f"--set=augment.{one}" for one in ("speeds=[0.9, 1.1]", "time_masks=2", "consistency=0.1")]
    weights = []
    for workers in (0, 2):
        folder = tmp_path / f"workers-{workers}"
        ran = run("train", data / "train.jsonl", "--config", data / "settings.toml", "--run", folder, *drawn,
                  "--set", f"batch.workers={workers}", "--epochs", 1)  # fmt: skip
        assert ran.code == 0, ran.stderr
        weights.append(load_checkpoint(folder).weights)
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())
