"""The scripts for Slurm and Kubernetes do what they say with the variables that these set."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

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
    for script in ("slurm.sh", "kubernetes.sh"):
        bare = {"PATH": os.environ["PATH"]}
        ran = subprocess.run([CLUSTER / script, "doctor"], capture_output=True, text=True, env=bare)
        assert ran.returncode and "not an" in ran.stderr
