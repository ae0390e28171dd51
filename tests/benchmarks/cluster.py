"""--ray: what a second worker gains, what a record costs on its way, how long a death holds things up.

    .venv-bench/bin/python tests/benchmarks/cluster.py

Two machines of a core each are two nodes of Ray on this one. Seconds are between the first answer and the last, so that
the start of Ray and the opening of models are told apart. Prints a JSON line for each figure; there is no peer.
"""

import json
import os
import signal
import tempfile
import time
from functools import partial
from pathlib import Path

from ray.cluster_utils import Cluster as Nodes

from ds2cli.corpora.catalogue import read_corpus
from ds2cli.inference.group_work import group_work, groups_of
from ds2cli.jobs.cluster import Cluster
from ds2cli.jobs.work import Work
from ds2cli.records.manifest import to_utterance
from ds2cli.workflows.decode.request import DecodeRequest
from ds2cli.workflows.decode.worker import open_group_decoder

AN4 = Path(__file__).resolve().parents[2] / "recipes" / "an4" / "data"
RECORDS, TURNS = 20_000, 6


def plain_work(open_worker) -> Work:
    return Work(open=open_worker, name=repr, pack=lambda one: (one, []), unpack=lambda question, one, _: one,
                lost=lambda question, why: why)


def answered(address: str, work: Work, questions) -> tuple[float, float, float]:
    """Seconds until the first answer, from it to the last, and the longest wait between two."""
    begin = last = time.monotonic()
    first, longest = 0.0, 0.0
    for _ in Cluster(address).answers(work, questions):
        now = time.monotonic()
        if not first:
            first = now
        else:
            longest = max(longest, now - last)
        last = now
    return first - begin, last - first, longest


def dying(flag: Path):
    """Answers numbers in a hundredth of a second each, and dies of the thousandth, once."""

    def answers(questions):
        for question in questions:
            if question == 1000 and not flag.exists():
                flag.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.01)
            yield question

    return answers


def utterances() -> list:
    found = []
    for entry in read_corpus("an4", AN4, "test"):
        record = {"id": entry.id, "audio_filepath": str(entry.audio)}
        found.append(to_utterance(record, AN4, entry.id, ()))
    return found * TURNS


def tell(name: str, ours: float, unit: str, n: int) -> None:
    """One figure as one JSON line."""
    figure = {"bench": f"cluster/{name}", "ours": round(ours, 3), "peer": None, "ratio": None, "unit": unit, "n": n}
    print(json.dumps(figure), flush=True)


def main() -> None:
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    decode = group_work(partial(open_group_decoder, DecodeRequest("english", [], greedy=True, device="cpu")), False)
    took = {}
    for n_workers in (1, 2):
        nodes.add_node(num_cpus=1)
        start, took[n_workers], _ = answered(nodes.address, decode, groups_of(utterances()))
        tell(f"decode-{n_workers}", took[n_workers], "s", len(utterances()))
        tell(f"first-answer-{n_workers}", start, "s", 1)
    tell("speed-up", took[1] / took[2], "times", len(utterances()))
    _, seconds, _ = answered(nodes.address, plain_work(lambda: iter), range(RECORDS))
    tell("overhead", 1e6 * seconds / RECORDS, "us per record", RECORDS)
    with tempfile.TemporaryDirectory() as folder:
        _, _, longest = answered(nodes.address, plain_work(partial(dying, Path(folder) / "died")), range(2000))
    tell("death", longest, "s until the work is done again", 1)
    nodes.shutdown()


if __name__ == "__main__":
    main()
