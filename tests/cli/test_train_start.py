"""A start that fails, or finds its folder damaged: an error that names what is wrong, and a folder that stays free."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(("more", "complaint"), [
    (["--set", "augment.noise=nosie"], "error: no noise at `"),
    (["--set", "model.rnn_size=512000"], "error: the network does not fit into memory: "),
    (["--set", "features.kind=mfcc", "--set", "features.n_mfcc=11"], "more cepstral coefficients than mel bands"),
])
def test_a_start_that_fails_leaves_the_folder_free(train, tmp_path, more, complaint):
    ran = train(None, *more)
    assert ran.code in (1, 2) and ran.stdout == "" and complaint in ran.stderr and "hint: " in ran.stderr
    assert not (tmp_path / "run").exists()
    assert train(None, "--epochs", 1).code == 0


def test_a_network_without_room_is_an_error_in_a_dry_run_too(train):
    ran = train(None, "--set", "model.rnn_size=512000", "--dry-run")
    assert ran.code == 1 and "does not fit into memory" in ran.stderr and "Traceback" not in ran.stderr


def test_paths_in_settings_hold_wherever_the_run_is_resumed(train, run, data, tmp_path, monkeypatch):
    (tmp_path / "here" / "noise").mkdir(parents=True)
    (tmp_path / "there").mkdir()
    (tmp_path / "here" / "noise" / "a.wav").write_bytes((data / "train" / "0.wav").read_bytes())
    monkeypatch.chdir(tmp_path / "here")
    assert train(None, "--epochs", 1, "--set", "augment.noise=noise").code == 0
    config = tmp_path / "run" / "config.toml"
    assert f'noise = "{tmp_path}/here/noise"' in config.read_text()
    config.write_text(config.read_text().replace("epochs = 1 ", "epochs = 2 "))
    monkeypatch.chdir(tmp_path / "there")
    assert run("train", "--resume", "../run").code == 0


def test_an_incomplete_folder_is_named_with_what_it_lacks(train, run, tmp_path):
    folder = tmp_path / "run"
    assert train(None, "--epochs", 1).code == 0
    for name in ("units.txt", "train.jsonl", "dev.jsonl"):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        ran = run("train", "--resume", folder)
        assert ran.code == 2 and f"error: `{folder}` is incomplete: no `{name}`\nhint: " in ran.stderr
        (folder / name).write_bytes(content)
    broken = ("units.txt", b"\xff"), ("train.jsonl", b""), ("config.toml", b"\xff"), ("config.toml", b"[")
    for name, content in broken:
        kept = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        ran = run("train", "--resume", folder)
        assert ran.code == 2 and f"{folder / name}`" in ran.stderr and "Traceback" not in ran.stderr
        (folder / name).write_bytes(kept)
    assert "was done already" in run("train", "--resume", folder).stderr


@pytest.mark.parametrize("line", [{"event": "step"}, 3, {"event": "step", "step": "7"}])
def test_a_line_of_the_metrics_that_is_no_event_is_named(train, run, tmp_path, line):
    assert train(None, "--epochs", 1).code == 0
    metrics = tmp_path / "run" / "metrics.jsonl"
    n_lines = len(metrics.read_text().splitlines())
    with open(metrics, "a") as stream:
        stream.write(json.dumps(line) + "\n")
    ran = run("train", "--resume", tmp_path / "run")
    assert ran.code == 2 and f"error: `{metrics}`, line {n_lines + 1}: not an event of a training run" in ran.stderr
