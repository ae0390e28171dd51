"""The transducer's loss and its gradients beside torchaudio's `rnnt_loss` with its joint layer: CPU seconds and memory.

    python tests/benchmarks/transducer_loss.py [--peer-python ENVIRONMENT/bin/python] [--threads 2] [--units 500]

8 utterances of 200 frames and 60 labels, 500 units, a joint layer of 256. torchaudio's loss is gone after its 2.9, so
the peer runs in an environment of its own: python -m venv peer; peer/bin/pip install torch==2.9.1 'torchaudio==2.9.*'.
`pruned` is ours at 5 places a frame (`loss.prune`), its simple joiner included. Each side is a process of its own,
in turns; the least of several steps counts, and memory is the process's peak less what it was before the first step.
Prints JSON lines; without a peer, `peer` and `ratio` are null.
"""

import argparse
import json
import os
import subprocess
import sys

SIZES = {"B": 8, "T": 200, "U": 60, "V": 500, "J": 256}
PLACES = 5

# What both sides run, given `loss(heard, said, weight, bias, frames, targets, target_lengths)`.
STEP = """
import json, resource, sys, time
import torch
threads, repeats, B, T, U, V, J = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(1)
floats = [0.5 * torch.randn(B, T, J), 0.5 * torch.randn(B, U + 1, J), torch.randn(V, J) / 16, torch.zeros(V)]
leaves = [one.requires_grad_() for one in floats]
lengths = torch.full((B,), T), torch.randint(1, V, (B, U)), torch.full((B,), U)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
before, cpu, wall = peak(), [], []
for _ in range(repeats):
    cpu_began, began = time.process_time(), time.monotonic()
    losses = loss(*leaves, *lengths)
    gradients = torch.autograd.grad(losses.sum(), leaves)
    cpu.append(time.process_time() - cpu_began)
    wall.append(time.monotonic() - began)
said = {"cpu": min(cpu), "wall": min(wall), "memory": peak() - before, "loss": losses.sum().item(),
        "gradient": [one.double().norm().item() for one in gradients]}
print(json.dumps(said))
"""
OURS = "from ds2cli.training.losses.transducer import transducer_losses as loss\n"
PRUNED = """
from ds2cli.training.losses.pruned import simple_and_pruned
simple = []
def loss(*given):
    joint, lengths = given[:4], given[4:]
    if not simple:
        simple.extend(torch.randn(*one.shape[:2], len(joint[3]), requires_grad=True) for one in joint[:2])
    return sum(simple_and_pruned(simple, joint, PLACES, *lengths))
"""
PEER = """
import warnings
warnings.filterwarnings("ignore")
import torch
from torchaudio.functional import rnnt_loss
def loss(heard, said, weight, bias, frames, targets, target_lengths):
    logits = torch.nn.functional.linear(torch.tanh(heard[:, :, None] + said[:, None]), weight, bias)
    lengths = (one.int() for one in (targets, frames, target_lengths))
    return rnnt_loss(logits, *lengths, blank=0, reduction="none")
"""


def measured(python: str, code: str, threads: int, repeats: int) -> dict:
    """What a side says of itself, in a process of its own."""
    asked = [python, "-c", code + STEP, *map(str, (threads, repeats, *SIZES.values()))]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # threads that wait for each other would count as work
    return json.loads(subprocess.run(asked, check=True, capture_output=True, text=True, env=environment).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="of an environment with torch and torchaudio 2.9")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--units", type=int, default=SIZES["V"])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    SIZES["V"] = asked.units
    sides = {"ours": (sys.executable, OURS), "pruned": (sys.executable, PRUNED.replace("PLACES", str(PLACES)))}
    if asked.peer_python:
        sides["peer"] = (asked.peer_python, PEER)
    else:
        print("no --peer-python: torchaudio's loss is left out", file=sys.stderr)
    turns = [{name: measured(*side, asked.threads, asked.repeats) for name, side in sides.items()}
             for _ in range(asked.turns)]
    for figure, unit in (("cpu", "CPU s"), ("wall", "s"), ("memory", "MB, peak over the start"), ("loss", "nats")):
        least = {name: min(turn[name][figure] for turn in turns) for name in sides}
        peer = least.get("peer")
        print(json.dumps({
            "bench": f"transducer/loss/{figure}", "ours": round(least["ours"], 3),
            "pruned": round(least["pruned"], 3), "peer": peer and round(peer, 3),
            "ratio": peer and round(least["ours"] / peer, 3), "unit": unit, "n": asked.turns * asked.repeats,
            "threads": asked.threads, **SIZES,
        }))  # fmt: skip
    if asked.peer_python:
        pairs = zip(turns[0]["ours"]["gradient"], turns[0]["peer"]["gradient"], strict=True)
        worst = max(abs(one / other - 1) for one, other in pairs)
        print(json.dumps({"bench": "transducer/gradient/norms apart", "ours": worst, "peer": None, "ratio": None,
                          "unit": "share", "n": 4}))


if __name__ == "__main__":
    main()
