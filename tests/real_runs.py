"""Training as people start it: a process of its own, which tests watch, signal and kill."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import torch

from ds2cli.model.checkpoint import load_training_state
from ds2cli.records.jsonl import to_line

# Small enough for tenths of a second a step, with everything on that draws at random.
SMALL = """
[features]
kind = "mel"
n_mels = 16
sample_rate = 8000
[model]
conv_channels = [12]
conv_kernels = [[5]]
conv_strides = [[3]]
rnn = "gru"
rnn_layers = 2
rnn_size = 20
bidirectional = true
dropout = 0.2
[augment]
speeds = [0.9, 1.0, 1.1]
gain_db = 3.0
time_masks = 1
frequency_masks = 1
frequency_mask_bins = 3
consistency = 0.2
mask_after = 0.3
[batch]
seconds = 16.0
[optimizer]
learning_rate = 5e-3
schedule = "cosine"
warmup = 0.1
average = 0.9
[train]
epochs = 3
save_seconds = 0.2
"""


CLOCKS = "position.seconds", "position.evaluation_seconds"


def write_manifest(path: Path, utterances) -> Path:
    path.write_text("".join(to_line({**one.record, "id": one.id}) + "\n" for one in utterances))
    return path


def command(*arguments) -> list[str]:
    return [sys.executable, "-m", "ds2cli", *map(str, arguments)]


def start(*arguments, **more) -> subprocess.Popen:
    """`ds2 ARGUMENTS` on one core, in its own process group."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more.pop("environment", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    return subprocess.Popen(command(*arguments), env=environment, start_new_session=True, **pipes)


def finish(process: subprocess.Popen, seconds: float = 240) -> tuple[int, str, str]:
    """Its exit code, stdout and stderr."""
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    return process.returncode, out, err


def wait_until(condition, process: subprocess.Popen, seconds: float = 240) -> bool:
    """Whether the condition came true before the process ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if condition():
            return True
        time.sleep(0.01)
    return False


def steps_of(run: Path) -> int:
    """The last step that a run has recorded."""
    path = run / "metrics.jsonl"
    return path.read_bytes().count(b'"event": "step"') if path.exists() else 0


def metrics_of(run: Path) -> list[dict]:
    """All events, without what a clock measured."""
    events = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in one.items() if name not in ("seconds", "waited")} for one in events]


def differences(whole: Path, other: Path) -> list[str]:
    """What two runs do not have in common, clocks left out: nothing, where they took the same steps."""
    files = ("best.safetensors", "last.safetensors", "samples.jsonl", "train.jsonl", "units.txt")
    found = [file for file in files if (whole / file).read_bytes() != (other / file).read_bytes()]
    found += ["metrics.jsonl"] * (metrics_of(whole) != metrics_of(other))
    first, second = (_flat(load_training_state(run / "trainer.pt")) for run in (whole, other))
    names = [name for name in first.keys() | second.keys() if name not in CLOCKS]
    found += [f"trainer.pt: {name}" for name in names if not _same(first.get(name), second.get(name))]
    return found + [f"{one.name} is left" for one in other.glob(".*")]


def _flat(state, prefix: str = "") -> dict:
    """A tree of dicts and lists as one dict, by dotted name."""
    if isinstance(state, list):
        state = dict(enumerate(state))
    if not isinstance(state, dict):
        return {prefix[:-1]: state}
    return {name: value for key, part in state.items() for name, value in _flat(part, f"{prefix}{key}.").items()}


def _same(one, other) -> bool:
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other
