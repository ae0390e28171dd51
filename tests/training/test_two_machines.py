"""Two of torch's launchers, as on two machines: after one loses its worker both go on, whichever folders they have."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from real_runs import SMALL, command, finish, metrics_of, steps_of, wait_until
from singing import write_songs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers through /proc"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    write_songs(folder, "train", 24, 1)
    write_songs(folder, "dev", 6, 2)
    (folder / "small.toml").write_text(SMALL.replace("seconds = 16.0", "seconds = 4.0"))
    return folder


def machine(data: Path, run: Path, port: int) -> subprocess.Popen:
    """A launcher with one worker, that trains into its own `run`."""
    launcher = [
        sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--max-restarts=3",
        "--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}", f"--rdzv-id={port}", "-m", "--",
    ]  # fmt: skip
    asked = command(
        "train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "small.toml", "--run", run,
        "--epochs", 8, "--set", "train.save_seconds=0.1",
    )[2:]  # fmt: skip
    return subprocess.Popen(
        [*launcher, *asked], env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def worker_of(process: subprocess.Popen) -> int | None:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


@pytest.mark.parametrize("victim", ["first", "other"])
@pytest.mark.parametrize("folders", ["shared", "private"])
def test_two_machines_go_on_after_one_has_lost_its_worker(data, folders, victim):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = [data / f"{folders}-{victim}-{one if folders == 'private' else 'both'}" for one in range(2)]
    machines = [machine(data, place, port) for place in places]
    try:
        assert wait_until(lambda: max(map(steps_of, places)) >= 12, machines[0])
        written = max(places, key=steps_of)
        if folders == "private":
            writer = places.index(written)
        else:  # the holder of the lock
            holder = int((written / ".lock").read_text().split('"pid": ')[1].split(",")[0])
            writer = [worker_of(one) for one in machines].index(holder)
        os.kill(worker_of(machines[writer if victim == "first" else 1 - writer]), signal.SIGKILL)
        answers = [finish(one, seconds=400) for one in machines]
    finally:
        for one in machines:
            one.kill()
    said = "\n".join(err for _, _, err in answers)
    assert [code for code, _, _ in answers] == [0, 0], said
    assert "already holds a run" not in said and "Traceback" not in said
    assert (written / "best.safetensors").exists() and not (written / ".lock").exists()
    steps = [event["step"] for event in metrics_of(written) if event["event"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    assert len([event for event in metrics_of(written) if event["event"] == "evaluation"]) == 8
    assert not any((place / "config.toml").exists() for place in places if place != written)
