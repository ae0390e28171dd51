"""The scripts for Slurm and Kubernetes do what they say with the variables that these set."""

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from real_runs import SMALL, metrics_of, steps_of
from singing import write_songs

CLUSTER = Path(__file__).resolve().parents[2] / "recipes" / "cluster"
DS2 = f"{shlex.quote(sys.executable)} -m ds2cli"


def slurm(index: int, first: int = 1) -> dict[str, str]:
    return {"SLURM_ARRAY_TASK_ID": str(index + first), "SLURM_ARRAY_TASK_MIN": str(first),
            "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1"}


def kubernetes(index: int) -> dict[str, str]:
    return {"JOB_COMPLETION_INDEX": str(index), "SHARES": "2"}


@pytest.mark.parametrize(("script", "variables"), [
    ("slurm.sh", slurm), ("slurm.sh", lambda index: slurm(index, first=0)), ("kubernetes.sh", kubernetes),
], ids=["slurm from 1", "slurm from 0", "kubernetes"])
def test_two_jobs_of_a_script_are_joined(an4, tmp_path, script, variables):
    command = ["prepare", "corpus", "an4", str(an4), "--part", "test", "-o", "a.jsonl"]
    for index in (0, 1):
        subprocess.run([CLUSTER / script, *command], cwd=tmp_path, check=True, capture_output=True,
                       env={**os.environ, "DS2": DS2, **variables(index)})
    subprocess.run([*shlex.split(DS2), "join", "a.jsonl.shares"], cwd=tmp_path, check=True, capture_output=True)
    joined = (tmp_path / "a.jsonl").read_bytes()
    subprocess.run([*shlex.split(DS2), *command], cwd=tmp_path, check=True, capture_output=True)
    assert joined == (tmp_path / "a.jsonl").read_bytes() and joined.count(b"\n") == 130


def test_a_script_outside_its_cluster_says_so(tmp_path):
    for script in ("slurm.sh", "kubernetes.sh", "train-slurm.sh"):
        bare = {"PATH": os.environ["PATH"]}
        ran = subprocess.run([CLUSTER / script, "doctor"], capture_output=True, text=True, env=bare)
        assert ran.returncode and "not a" in ran.stderr


def fake(folder: Path, name: str, script: str) -> None:
    """A program of Slurm's that PATH finds."""
    (folder / name).write_text(f"#!/usr/bin/env bash\n{script}\n")
    (folder / name).chmod(0o755)


def slurm_job(folder: Path, again: int, **more: str) -> dict[str, str]:
    """As on two nodes of one GPU."""
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2",
            "SLURM_RESTART_COUNT": str(again), "SLURM_CPUS_PER_TASK": "1", **more}


def test_a_training_of_slurm_is_queued_again_three_times_at_most(tmp_path):
    from torch.distributed.run import parse_args

    fake(tmp_path, "srun", 'printf "%s\\n" "$@" >said; echo "$OMP_NUM_THREADS" >threads; exit "$ENDS"')
    fake(tmp_path, "scontrol", 'echo "$@" >>queued')
    (tmp_path / ".meeting-7").touch()
    codes = []
    for again, ends in ((0, "1"), (2, "1"), (3, "1"), (1, "0")):
        job = slurm_job(tmp_path, again, ENDS=ends, SLURM_GPUS_ON_NODE="4", SLURM_CPUS_PER_TASK="9")
        command = [CLUSTER / "train-slurm.sh", "train.jsonl", "--run", "runs/a"]
        codes.append(subprocess.run(command, cwd=tmp_path, env=job).returncode)
    assert codes == [0, 0, 1, 0] and (tmp_path / "queued").read_text() == "requeue 7\n" * 2
    assert (tmp_path / "threads").read_text() == "2\n" and not (tmp_path / ".meeting-7").exists()
    words = (tmp_path / "said").read_text().split()
    asked = parse_args(words[2:])
    assert words[:2] == ["--kill-on-bad-exit=1", "torchrun"] and asked.rdzv_id == "7-1" and asked.nproc_per_node == "4"
    assert asked.training_script_args == ["train", "train.jsonl", "--run", "runs/a"]


def test_a_training_of_kubernetes_hands_our_flags_to_each_pod():
    yaml = pytest.importorskip("yaml")
    from torch.distributed.run import parse_args

    job = yaml.safe_load((CLUSTER / "train-job.yaml").read_text())["spec"]
    [pod] = job["template"]["spec"]["containers"]
    asked = parse_args(pod["args"])
    assert pod["command"] == ["torchrun"] and int(asked.nnodes) == job["completions"] == job["parallelism"]
    assert asked.nproc_per_node == pod["resources"]["limits"]["nvidia.com/gpu"]
    assert {"$(JOB)", "$(ADDRESS)"} == {asked.rdzv_id, asked.local_addr}
    assert {one["name"] for one in pod["env"]} == {"JOB", "ADDRESS", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE"}
    assert asked.training_script_args[0] == "train" and asked.training_script_args[-1] == "--run=runs/a"


@pytest.mark.slow
def test_a_training_of_slurm_goes_on_after_a_launcher_was_killed(tmp_path):
    """srun starts two launchers, and ends both when one dies; scontrol runs the job once more."""
    write_songs(tmp_path, "train", 12, 1)
    write_songs(tmp_path, "dev", 4, 2)
    (tmp_path / "small.toml").write_text(SMALL.replace("seconds = 16.0", "seconds = 4.0"))
    fake(tmp_path, "srun", 'shift; "$@" & echo $! >>launchers; "$@" & echo $! >>launchers\n'
                           'wait -n || { kill $(jobs -p); wait; exit 137; }; wait -n')
    fake(tmp_path, "scontrol", 'SLURM_RESTART_COUNT=$((SLURM_RESTART_COUNT + 1)) exec bash -c "$JOB"')
    command = [CLUSTER / "train-slurm.sh", "train.jsonl", "--dev", "dev.jsonl", "--config", "small.toml",
               "--epochs", "6", "--run", "a", "--set", "train.save_seconds=0.1"]
    torchrun = f"{shlex.quote(sys.executable)} -m torch.distributed.run"
    job = slurm_job(tmp_path, 0, TORCHRUN=torchrun, JOB=shlex.join(map(str, command)))
    running = subprocess.Popen(command, cwd=tmp_path, env=job, start_new_session=True)
    try:
        until = time.monotonic() + 200
        while steps_of(tmp_path / "a") < 8 and time.monotonic() < until and running.poll() is None:
            time.sleep(0.02)
        os.kill(int((tmp_path / "launchers").read_text().split()[0]), signal.SIGKILL)
        assert running.wait(300) == 0
    finally:
        running.kill()
    assert len((tmp_path / "launchers").read_text().split()) == 4
    steps = [event["step"] for event in metrics_of(tmp_path / "a") if event["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) > 8
    assert len([event for event in metrics_of(tmp_path / "a") if event["event"] == "evaluation"]) == 6
