"""A training run killed with SIGKILL again and again, at random moments, and resumed until it is done.

    OMP_NUM_THREADS=1 python tests/soak_training.py --kills 100 --seed 1

Weights, optimiser, metrics and samples must be those of a run that nothing disturbed, bit for bit. Runs follow each
other until so many kills are counted. Every process is forked from this one, which spares it the imports. Prints one
JSON line; exit code 1 where a run differs or does not end.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import torch
from real_runs import SMALL, differences, steps_of
from singing import write_songs

import ds2cli.workflows.train.train  # noqa: F401
from ds2cli.cli import main as ds2

# Saved after every step or two, so that many kills fall into a save.
SETTINGS = SMALL.replace("save_seconds = 0.2", "save_seconds = 0.02\nevaluate_every = 20").replace("16.0", "8.0")
AT_START_SHARE = 0.15  # of the kills come while a process still reads and restores
LATEST_SECONDS = 1.0  # after the beginning, or after the first step of a process


def main() -> int:
    """Kill, resume, compare."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--epochs", type=int, default=100)
    given = options.parse_args()
    torch.set_num_threads(1)
    began, draw = time.monotonic(), random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        report = Soak(Path(folder), given.epochs, draw).run(given.kills)
    print(json.dumps({"soak": "training", "seed": given.seed, **report, "seconds": round(time.monotonic() - began)}))
    return int(bool(report["differences"]))


class Soak:
    """A run in peace, and the others."""

    def __init__(self, folder: Path, epochs: int, draw: random.Random) -> None:
        self.folder, self.epochs, self.draw = folder, epochs, draw
        write_songs(folder, "train", 16, 1)
        write_songs(folder, "dev", 4, 2)
        (folder / "settings.toml").write_text(SETTINGS)

    def run(self, kills: int) -> dict:
        """What is printed."""
        whole = self.folder / "whole"
        different = self.end(self.begin(whole))
        done = runs = 0
        while done < kills and not different:
            runs += 1
            run = self.folder / f"killed-{runs}"
            process = self.begin(run)
            while done < kills and self.kill(process, run):
                done += 1
                process = self.begin(run)
            different += self.end(process) or differences(whole, run)
        return {"kills": done, "runs": runs, "steps_per_run": steps_of(whole), "differences": different}

    def begin(self, run: Path) -> int:
        """Train, or resume where there is something to resume: a forked process."""
        asked = ["train", self.folder / "train.jsonl", "--dev", self.folder / "dev.jsonl", "--run", run,
                 "--config", self.folder / "settings.toml", "--epochs", self.epochs]  # fmt: skip
        if (run / "config.toml").exists():
            asked = ["train", "--resume", run]
        process = os.fork()
        if not process:
            log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1), os.dup2(log, 2)
            os._exit(ds2([str(word) for word in asked]))
        return process

    def kill(self, process: int, run: Path) -> bool:
        """Whether the process could be killed before it was done."""
        metrics = run / "metrics.jsonl"
        if self.draw.random() > AT_START_SHARE:
            before = _changed(metrics)
            while _changed(metrics) == before:
                if _has_ended(process):
                    return False
                time.sleep(0.005)
        time.sleep(self.draw.uniform(0, LATEST_SECONDS))
        if _has_ended(process):
            return False
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return True

    def end(self, process: int) -> list[str]:
        """Let a process come to its end; what it said, where that was not a good one."""
        try:
            code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        except ChildProcessError:  # it has ended already: what it has left is compared all the same
            code = 0
        return [] if code == 0 else [f"exit code {code}: {(self.folder / 'log').read_text()}"]


def _changed(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _has_ended(process: int) -> bool:
    return os.waitpid(process, os.WNOHANG)[0] != 0


if __name__ == "__main__":
    sys.exit(main())
