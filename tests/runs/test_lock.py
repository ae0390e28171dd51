"""One process at a time trains in a folder: the second is told who does."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from real_runs import SMALL, finish, start, steps_of, wait_until

from ds2cli.errors import Ds2Error, UsageError
from ds2cli.runs.lock import held

HOLDER = """
import os, sys, time
from pathlib import Path
from ds2cli.runs.lock import held
with held(Path(sys.argv[1])):
    child = os.fork() if len(sys.argv) > 2 else 1  # a process that reads audio outlives its trainer by a while
    if child:
        print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def hold(tmp_path):
    """`hold()`: another process that holds the lock of tmp_path."""
    holders = []

    def begin(*more):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, tmp_path / ".lock", *more], stdout=subprocess.PIPE, start_new_session=True
        )
        holders.append(holder)
        assert holder.stdout.readline() == b"held\n"
        return holder

    yield begin
    for holder in holders:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()


def test_the_second_is_told_who_holds_the_lock(hold, tmp_path):
    holder = hold()
    who = f"process {holder.pid} on {socket.gethostname()}"
    with pytest.raises(UsageError, match=f"another process trains there \\({who}\\)"), held(tmp_path / ".lock"):
        pass
    assert json.loads((tmp_path / ".lock").read_text())["pid"] == holder.pid


@pytest.mark.parametrize("children", [(), ("fork",)])
def test_a_killed_holder_holds_no_longer_though_its_file_and_its_children_are_left(hold, tmp_path, children):
    holder = hold(*children)
    holder.kill()
    holder.wait()
    assert (tmp_path / ".lock").exists()
    with held(tmp_path / ".lock"):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_who_waits_takes_over(hold, tmp_path):
    holder = hold()
    begun = time.monotonic()
    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -9 {holder.pid}"])
    with held(tmp_path / ".lock", patience_seconds=20):
        assert time.monotonic() - begun >= 0.4


def test_a_folder_that_takes_no_files_is_an_error_of_two_lines(tmp_path):
    with pytest.raises(Ds2Error, match="cannot write `") as problem, held(tmp_path / "none" / ".lock"):
        pass
    assert problem.value.hint.startswith("make its folder with: mkdir -p ")


def test_a_run_is_resumed_by_one_process_at_a_time(run, tmp_path):
    """The second --resume leaves everything to the first."""
    from singing import write_songs

    songs = write_songs(tmp_path, "train", 12, 1)
    (tmp_path / "settings.toml").write_text(SMALL)
    first = start("train", songs, "--config", tmp_path / "settings.toml", "--epochs", 100_000, "--run", tmp_path / "r")
    try:
        assert wait_until(lambda: steps_of(tmp_path / "r") >= 3, first)
        ran = run("train", "--resume", tmp_path / "r")
        assert (ran.code, ran.stdout) == (2, "")
        assert f"error: `{tmp_path / 'r'}`: another process trains there (process {first.pid} on " in ran.stderr
        assert "hint: " in ran.stderr and "Traceback" not in ran.stderr
        again = run("train", songs, "--config", tmp_path / "settings.toml", "--run", tmp_path / "r")
        assert again.code == 2 and "already holds a run" in again.stderr
    finally:
        first.send_signal(signal.SIGTERM)
        code, _, err = finish(first)
    assert code == 130, err
    steps = [json.loads(line)["step"] for line in (tmp_path / "r" / "metrics.jsonl").read_text().splitlines()]
    assert sorted(steps) == steps
    assert not (tmp_path / "r" / ".lock").exists()
