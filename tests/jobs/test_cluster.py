"""--ray on two machines of a real Ray cluster: the bytes of one process, whoever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ds2cli.audio.files import read_audio, write_audio
from ds2cli.errors import Ds2Error, Exit, UsageError
from ds2cli.jobs.cluster import Cluster
from ds2cli.jobs.work import Work

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


@pytest.fixture(scope="module")
def cluster():
    """A head that does no work. Paths of Ray's sockets are short: its folder is not pytest's."""
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    yield nodes
    nodes.shutdown()


@pytest.fixture
def two_machines(cluster):
    """Two machines of a core each; those that are there at the end of a test leave with it."""
    machines = [cluster.add_node(num_cpus=1) for _ in range(2)]
    yield machines
    for machine in set(machines) & cluster.worker_nodes:
        cluster.remove_node(machine)


@pytest.fixture
def manifest(an4_utterances, tmp_path, monkeypatch):
    """Real speech, once more and again under other names, and a recording that is not there."""
    records = [{**one.record, "id": f"{one.id}-{turn}"} for turn in range(3) for one in an4_utterances(60)]
    records[11] = {**records[11], "audio_filepath": "gone.wav"}
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "m.jsonl"


def started(*arguments: object) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "ds2cli", *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"})


def test_a_machine_dies_in_the_middle_and_the_bytes_are_those_of_one_process(cluster, two_machines, manifest, run):
    command = ["decode", "english", "m.jsonl", "--beam", "8", "--log-probs", "lp.npz"]
    whole = run(*command)
    assert whole.code == Exit.SKIPPED and len(whole.stdout.splitlines()) == 179
    log_probs = Path("lp.npz").read_bytes()
    process = started(*command, "--ray", cluster.address)
    head = [process.stdout.readline() for _ in range(2)]
    cluster.remove_node(two_machines[0], allow_graceful=False)
    rest, said = process.stdout.read(), process.stderr.read()
    assert process.wait(60) == Exit.SKIPPED, said
    assert "a worker has died" in said
    assert "".join(head) + rest == whole.stdout
    assert Path("lp.npz").read_bytes() == log_probs


def test_the_other_long_commands(cluster, two_machines, manifest, run):
    def same(*command: str, files: tuple[str, ...] = ()) -> None:
        def made(*more: str) -> tuple:
            ran = run(*command, *more)
            return ran.code, ran.stdout, ran.stderr, [Path(name).read_bytes() for name in files]

        alone = made()
        for name in files:
            Path(name).unlink()
        assert made("--ray", cluster.address) == alone and alone[0] in (Exit.DONE, Exit.SKIPPED)

    same("prepare", "corpus", "nemo", "m.jsonl", "-o", "c.jsonl", files=("c.jsonl",))
    same("prepare", "check", "c.jsonl", "--good", "good.jsonl", "--json", files=("good.jsonl",))
    same("prepare", "shard", "c.jsonl", "-o", "tars", "--encode", "opus",
         files=("tars/000000.tar", "tars/shards.jsonl"))
    Path("few.jsonl").write_text("".join(Path("c.jsonl").read_text().splitlines(True)[:40]))
    same("align", "english", "few.jsonl", "--unit-times")
    Path("talks").mkdir()
    for number, line in enumerate(Path("c.jsonl").read_text().splitlines()[:3]):
        record = json.loads(line)
        write_audio(f"talks/{number}.flac", read_audio(record["audio_filepath"], 16000)[:, None], 16000)
        Path(f"talks/{number}.txt").write_text(record["text"])
    same("prepare", "segment", "talks", "--report", "r.jsonl", "-o", "s.jsonl", "--all", files=("r.jsonl", "s.jsonl"))


def test_a_recording_that_kills_three_workers_is_named_and_the_others_are_done(
    cluster, two_machines, manifest, run, monkeypatch
):
    from ds2cli.workflows.decode import worker

    open_decoder = worker.open_group_decoder
    poison = json.loads(manifest.read_text().splitlines()[4])["id"]

    def open_one_that_dies(request):
        answers = open_decoder(request)

        def dying(groups):
            for group in groups:
                if any(one.id == poison for one in group.utterances):
                    os.kill(os.getpid(), signal.SIGKILL)
                yield from answers([group])

        return dying

    Path("few.jsonl").write_text("".join(manifest.read_text().splitlines(True)[:10]))
    alone = run("decode", "english", "few.jsonl", "--greedy")
    monkeypatch.setattr(worker, "open_group_decoder", open_one_that_dies)
    ran = run("decode", "english", "few.jsonl", "--greedy", "--ray", cluster.address)
    assert ran.code == Exit.SKIPPED and f"`{poison}`: 3 workers died of it" in ran.stderr
    assert ran.stderr.count("a worker has died") == 3 and "skipped 1 recording" in ran.stderr
    said = [{**json.loads(line), "score": None, "words": None} for line in ran.stdout.splitlines()]
    assert said == [{**one, "score": None, "words": None} for one in map(json.loads, alone.stdout.splitlines())
                    if one["id"] != poison]


def doubling(open_worker) -> Work:
    return Work(open=open_worker, name=repr, pack=lambda one: (one, []), unpack=lambda question, one, _: one,
                lost=lambda question, why: why)


def test_models_are_opened_once_a_worker(cluster, two_machines, tmp_path):
    def opened():
        (tmp_path / str(os.getpid())).touch()
        return lambda questions: (time.sleep(0.02) or 2 * one for one in questions)

    answers = list(Cluster(cluster.address).answers(doubling(opened), range(500)))
    assert answers == [2 * one for one in range(500)] and len(list(tmp_path.iterdir())) == 2


def test_a_mistake_that_a_person_can_mend_is_told_as_everywhere(cluster, two_machines, manifest, run):
    def refuses():
        raise UsageError("no such model", hint="name another")

    with pytest.raises(UsageError, match="no such model"):
        list(Cluster(cluster.address).answers(doubling(refuses), range(5)))
    with pytest.raises(UsageError, match="no machine of the cluster has 64 cores: the largest has 1"):
        list(Cluster(cluster.address, threads=64).answers(doubling(refuses), range(5)))
    with pytest.raises(ZeroDivisionError):
        list(Cluster(cluster.address).answers(doubling(lambda: lambda questions: (1 // one for one in questions)), [0]))
    with pytest.raises(Ds2Error, match="workers die before they start"):
        list(Cluster(cluster.address).answers(doubling(lambda: os._exit(1)), range(5)))
    ran = run("align", "english", "m.jsonl", "--lexicon-file", "none.txt", "--ray", cluster.address)
    assert ran.code == Exit.USAGE and "none.txt" in ran.stderr and "Traceback" not in ran.stderr


def test_a_network_takes_a_gpu_where_there_is_one(cluster):
    machine = cluster.add_node(num_cpus=4, num_gpus=1)

    def named():
        return lambda questions: (os.environ.get("CUDA_VISIBLE_DEVICES") for _ in questions)

    try:
        answers = Cluster(cluster.address).answers(
            Work(**{**vars(doubling(named)), "takes_gpu": True}), range(20))  # fmt: skip
        assert set(answers) == {"0"}
    finally:
        cluster.remove_node(machine)


def test_ctrl_c_ends_the_workers_too(cluster, two_machines, manifest):
    process = started("prepare", "check", "m.jsonl", "--json", "--ray", cluster.address)
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (Exit.INTERRUPTED, Exit.SKIPPED) and "Traceback" not in said


def test_where_there_is_no_cluster_it_says_so(run, manifest):
    ran = run("prepare", "check", "m.jsonl", "--ray", "127.0.0.1:1")
    assert ran.code == Exit.USAGE and "no Ray cluster at `127.0.0.1:1`" in ran.stderr and "--ray local" in ran.stderr
    ran = run("prepare", "check", "m.jsonl", "--ray", "local", "--shard", "1/2")
    assert ran.code == Exit.USAGE and "leave out one of them" in ran.stderr
