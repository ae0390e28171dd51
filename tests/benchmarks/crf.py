"""CTC-CRF's loss and gradient beside torch's CTC: ms a batch, one JSON line a figure.

    python tests/benchmarks/crf.py --histories 1500 3000 --threads 2

39 made-up units, utterances of 6 to 16 s in frames of 30 ms, a made-up n-gram with so many histories.
"""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ds2cli.language.unit_graph import UnitGraph
from ds2cli.training.losses.ctc import ctc_losses
from ds2cli.training.losses.ctc_crf import CtcCrf

N_UNITS, FRAMES, FRAMES_PER_LABEL = 40, (200, 530), 3


def made_up_graph(n_histories: int, seed: int) -> UnitGraph:
    """As many histories for each unit, 39 of which at a time go on alike, as in a 3-gram; probabilities are drawn."""
    rng = np.random.default_rng(seed)
    per_unit = -(-(n_histories - 1) // (N_UNITS - 1))
    last_units = np.concatenate([[0], np.repeat(np.arange(1, N_UNITS), per_unit)]).astype(np.int32)
    n = len(last_units)
    family = (last_units + np.arange(n) % per_unit // (N_UNITS - 1) * (N_UNITS - 1)) % per_unit
    following = 1 + np.arange(N_UNITS - 1) * per_unit + family[:, None]
    probs = rng.dirichlet(np.full(N_UNITS, 0.3), n)
    return UnitGraph(
        last_units, np.pad(following, ((0, 0), (1, 0))).astype(np.int32),
        np.pad(probs[:, 1:], ((0, 0), (1, 0))), probs[:, 0].copy(),
    )  # fmt: skip


def made_up_batch(n_utterances: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log-probs of a network that is half sure of its labels, frames, targets and their lengths."""
    rng = np.random.default_rng(seed)
    frames = np.sort(rng.integers(*FRAMES, n_utterances))
    lengths = frames // FRAMES_PER_LABEL
    targets = rng.integers(1, N_UNITS, (n_utterances, lengths.max()))
    logits = rng.normal(0, 1, (n_utterances, frames.max(), N_UNITS)).astype(np.float32)
    logits[:, :, 0] += 3
    for row, labels, length in zip(logits, targets, lengths, strict=True):
        row[np.arange(length) * FRAMES_PER_LABEL, labels[:length]] += 5
    return tuple(torch.from_numpy(one) for one in (logits, frames, targets, lengths))


def milliseconds(losses: Callable, batch: tuple[Tensor, ...], repeats: int) -> dict[str, float]:
    """The fastest of some passes there and back; and their processor time, all threads together."""
    logits, *rest = batch
    times, busy = [], []
    for _ in range(repeats):
        log_probs = logits.clone().requires_grad_().log_softmax(-1).detach().requires_grad_()
        began, began_busy = time.perf_counter(), time.process_time()
        losses(log_probs, *rest).sum().backward()
        times.append(time.perf_counter() - began)
        busy.append(time.process_time() - began_busy)
    return {"ms": round(1000 * min(times), 1), "cpu_ms": round(1000 * min(busy), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--histories", type=int, nargs="+", default=[1500, 3000])
    parser.add_argument("--utterances", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    batch = made_up_batch(arguments.utterances, arguments.seed)
    what = {"utterances": arguments.utterances, "frames": int(batch[1].sum()), "threads": arguments.threads}

    def say(name: str, losses: Callable, **more: int) -> None:
        print(json.dumps({"loss": name, **more, **what, **milliseconds(losses, batch, arguments.repeats)}), flush=True)

    say("torch ctc", ctc_losses)
    for n_histories in arguments.histories:
        graph = made_up_graph(n_histories, arguments.seed)
        say("ctc_crf", CtcCrf(graph, 0.1), histories=len(graph.ends), arcs=int((graph.probs > 0).sum()))


if __name__ == "__main__":
    main()
