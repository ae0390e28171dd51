"""What a run of `ds2 train` survives, and what ends it: a loss that runs away, files not its own, full disks."""

import json
import os
import resource
import shutil
import subprocess

import pytest

from ds2cli.model.checkpoint import load_checkpoint
from ds2cli.runs.folder import RunFolder

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_loss_that_runs_away_names_its_utterances_and_ends_the_run(train, tmp_path):
    """The rate grows a million-fold after the first epoch, whose checkpoint stays; half of it is no better."""
    ran = train(
        None, "--epochs", 9, "--lr", "0.01", "--set", "optimizer.annealing=1e-6", "--set", "batch.utterances=1"
    )
    assert (ran.code, ran.stdout) == (1, "")
    assert "warning: loss is not finite at step " in ran.stderr and "`train-" in ran.stderr
    assert "back to step 12, with 0.5 of the learning rate" in ran.stderr
    assert "error: loss is not finite at step " in ran.stderr and "after 3 returns" in ran.stderr
    assert "hint: try a lower rate" in ran.stderr and "Traceback" not in ran.stderr
    events = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    steps = [event["step"] for event in events if event["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1))  # a detour's lines are forgotten
    assert [(one["step"], one["rollbacks"]) for one in events if one["event"] == "rollback"] == [(12, 3)]
    best = load_checkpoint(tmp_path / "run")
    assert all(weights.isfinite().all() and weights.abs().max() < 100 for weights in best.weights.values())


def test_a_finished_run_says_so_and_names_its_checkpoint(train, run, tmp_path):
    assert train().code == 0
    before = {one.name: one.read_bytes() for one in (tmp_path / "run").iterdir()}
    ran = run("train", "--resume", tmp_path / "run")
    assert (ran.code, ran.stdout) == (0, f"{tmp_path / 'run' / 'best.safetensors'}\n")
    assert f"`{tmp_path / 'run'}` was done already" in ran.stderr
    assert before == {one.name: one.read_bytes() for one in (tmp_path / "run").iterdir()}


def test_more_epochs_in_the_settings_train_a_finished_run_further(train, run, tmp_path):
    """And lines cut short by a kill, even within a letter, are forgotten."""
    assert train().code == 0
    config = tmp_path / "run" / "config.toml"
    config.write_text(config.read_text().replace("epochs = 2 ", "epochs = 3 "))
    for name in ("metrics.jsonl", "samples.jsonl"):
        with open(tmp_path / "run" / name, "ab") as file:
            file.write('{"step": 9, "text": "é'.encode()[:-1])
    assert run("train", "--resume", tmp_path / "run").code == 0
    events = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [event["epoch"] for event in events if event["event"] == "evaluation"] == [1, 2, 3]
    steps = [event["step"] for event in events if event["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1))


@pytest.mark.parametrize("damage", ["another network", "cut short"])
def test_a_run_that_does_not_fit_itself_is_an_error(train, run, tmp_path, damage):
    assert train(None, "--epochs", 1).code == 0
    folder = tmp_path / "run"
    if damage == "another network":
        text = (folder / "config.toml").read_text()
        (folder / "config.toml").write_text(text.replace("rnn_size = 8", "rnn_size = 9"))
    else:
        (folder / "trainer.pt").write_bytes((folder / "trainer.pt").read_bytes()[:-100])
    ran = run("train", "--resume", folder)
    assert (ran.code, ran.stdout) == (2, "")
    assert "trainer.pt`" in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr


def test_a_run_of_strangers_runs_no_code(train, run, tmp_path):
    import pickle

    assert train(None, "--epochs", 1).code == 0
    trap = tmp_path / "sprung"

    class Bomb:
        def __reduce__(self):
            return open, (str(trap), "w")

    (tmp_path / "run" / "trainer.pt").write_bytes(pickle.dumps({"weights": Bomb()}))
    ran = run("train", "--resume", tmp_path / "run")
    assert ran.code == 2 and "cannot be read" in ran.stderr
    assert not trap.exists()


def test_a_full_disk_ends_a_run_that_can_go_on(train, run, tmp_path):
    """The limit on a file's size stands for the full disk: a write fails half way."""
    folder = tmp_path / "run"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, before[1]))
    try:
        ran = train()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (ran.code, ran.stdout) == (1, "")
    assert "error: cannot write `" in ran.stderr and "hint: " in ran.stderr and "Traceback" not in ran.stderr
    assert not list(folder.glob(".*"))
    assert run("train", "--resume", folder).code == 0


@pytest.mark.parametrize("file", ["trainer.pt", "last.safetensors", "metrics.jsonl", "curve.svg"])
def test_a_disk_that_fills_later_leaves_the_last_checkpoint_as_it_was(train, run, tmp_path, file):
    """Whatever is written when it happens; with room again, the run ends as one that always had it."""
    folder, whole = tmp_path / "run", tmp_path / "whole"
    assert train(None, "--epochs", 1).code == 0
    assert train(None, "--epochs", 2, "--run", whole).code == 0
    config = folder / "config.toml"
    config.write_text(config.read_text().replace("epochs = 1 ", "epochs = 2 "))
    kept = (folder / "trainer.pt").read_bytes()
    with open(folder / "metrics.jsonl", "a") as metrics:
        metrics.write(" " * 2000 * (file == "metrics.jsonl"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((folder / file).stat().st_size - 100, before[1]))
    try:
        ran = run("train", "--resume", folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (ran.code, ran.stdout) == (1, "")
    assert f"error: cannot write `{folder}/" in ran.stderr and "hint: " in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not list(folder.glob(".*"))
    assert (folder / "trainer.pt").read_bytes() == kept
    assert all(load_checkpoint(folder / f"{name}.safetensors") for name in ("best", "last"))
    assert run("train", "--resume", folder).code == 0
    for name in ("last.safetensors", "samples.jsonl"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_run_whose_folder_is_taken_away_is_an_error_of_two_lines(train, tmp_path, monkeypatch):
    """Somebody removes it while it trains: between two events, as far as the run can tell."""
    record = RunFolder.record

    def record_after_removal(folder: RunFolder, event: object) -> None:
        shutil.rmtree(folder.path)
        record(folder, event)

    monkeypatch.setattr(RunFolder, "record", record_after_removal)
    ran = train()
    assert (ran.code, ran.stdout) == (1, "")
    assert f"error: cannot write `{tmp_path / 'run'}/" in ran.stderr and "hint: " in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.parametrize("kilobytes", [28, 48, 72])
def test_a_disk_that_is_really_full_is_an_error_of_two_lines(train, run, tmp_path, kilobytes):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount")
    try:
        ran = train(None, "--run", disk / "run")
        assert (ran.code, ran.stdout) == (1, ""), ran.stderr
        assert "error: cannot write `" in ran.stderr and f"hint: is there room? df -h {disk}/run" in ran.stderr
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        assert run("train", "--resume", disk / "run").code == 0
    finally:
        subprocess.run(["umount", disk], check=True)
