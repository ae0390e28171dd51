"""Two of torch's launchers, as on two machines: after one loses its worker, or is lost itself, the run goes on."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from real_runs import SMALL, command, differences, finish, metrics_of, steps_of, wait_until
from singing import write_songs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers through /proc"),
]

EPOCHS = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    write_songs(folder, "train", 24, 1)
    write_songs(folder, "dev", 6, 2)
    (folder / "small.toml").write_text(SMALL.replace("seconds = 16.0", "seconds = 4.0"))
    return folder


def machine(data: Path, run: Path, meeting: str | Path) -> subprocess.Popen:
    """A launcher with one worker, that trains into its own `run`; meeting: an address, or a file."""
    launcher = [
        sys.executable, "-m", "torch.distributed.run", "--nnodes=2", "--nproc-per-node=1", "--max-restarts=3",
        "--rdzv-backend=c10d", f"--rdzv-endpoint={meeting}", "--rdzv-id=songs",
        f"--rdzv-conf=store_type={'file' if isinstance(meeting, Path) else 'tcp'}", "-m", "--",
    ]  # fmt: skip
    asked = command(
        "train", data / "train.jsonl", "--dev", data / "dev.jsonl", "--config", data / "small.toml", "--run", run,
        "--epochs", EPOCHS, "--set", "train.save_seconds=0.1",
    )[2:]  # fmt: skip
    return subprocess.Popen(
        [*launcher, *asked], env={**os.environ, "OMP_NUM_THREADS": "1"}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def is_there(meeting: str | Path) -> bool:
    if isinstance(meeting, Path):
        return meeting.exists()
    host, port = meeting.split(":")
    with socket.socket() as caller:
        return caller.connect_ex((host, int(port))) == 0


def worker_of(process: subprocess.Popen) -> int | None:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


@pytest.mark.parametrize("victim", ["first", "other"])
@pytest.mark.parametrize("folders", ["shared", "private"])
def test_two_machines_go_on_after_one_has_lost_its_worker(data, folders, victim):
    address = free_address()
    places = [data / f"{folders}-{victim}-{one if folders == 'private' else 'both'}" for one in range(2)]
    machines = [machine(data, place, address) for place in places]
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
    assert len([event for event in metrics_of(written) if event["event"] == "evaluation"]) == EPOCHS
    assert not any((place / "config.toml").exists() for place in places if place != written)


@pytest.fixture(scope="module")
def whole(data) -> Path:
    """The run that two machines end when neither is lost."""
    run = data / "whole"
    answers = [finish(one, seconds=400) for one in [machine(data, run, data / "whole-meeting") for _ in range(2)]]
    assert [code for code, _, _ in answers] == [0, 0], answers
    return run


def lose(one: subprocess.Popen) -> None:
    """The launcher and its worker are killed at once, as when the power fails."""
    pids = one.pid, worker_of(one)
    for pid in filter(None, pids):
        os.kill(pid, signal.SIGKILL)
    one.communicate()


@pytest.mark.parametrize(("lost", "place"), [([0], "file"), ([1], "file"), ([0, 1], "file"), ([1], "address")],
                         ids=["first", "other", "both", "not-the-host"])
def test_machines_that_are_lost_and_started_again_end_with_the_unbroken_run(data, whole, lost, place, monkeypatch):
    monkeypatch.setenv("TORCH_DISABLE_SHARE_RDZV_TCP_STORE", "1")
    run = data / f"lost-{place}-{'-'.join(map(str, lost))}"
    meeting = data / f"{run.name}-meeting" if place == "file" else free_address()
    machines = [machine(data, run, meeting)]
    try:
        assert wait_until(lambda: is_there(meeting), machines[0])  # so that it is the first of the meeting, too
        machines.append(machine(data, run, meeting))
        assert wait_until(lambda: steps_of(run) >= 12, machines[0])
        for number in lost:
            lose(machines[number])
        for number in lost:
            machines[number] = machine(data, run, meeting)
        answers = [finish(one, seconds=400) for one in machines]
    finally:
        for one in machines:
            one.kill()
    said = "\n".join(err for _, _, err in answers)
    assert [code for code, _, _ in answers] == [0, 0], said
    assert "already holds a run" not in said and differences(whole, run) == []
