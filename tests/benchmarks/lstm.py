"""A bidirectional LSTM layer, forward and backward, by our kernel and by torch's (oneDNN's): ms, a JSON line a figure.

    python tests/benchmarks/lstm.py --units 128 384 --threads 1 2

Eight made-up utterances of 75 frames (3 s in frames of 40 ms), all of one length, which spares torch its reordering.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ds2cli.model.encoder.lstm import lstm_layer

BATCH, FRAMES = 8, 75


def milliseconds(layer: Callable[[Tensor], Tensor], x: Tensor, parameters: list[nn.Parameter]) -> float:
    """Of a pass forward and back."""
    began = time.perf_counter()
    torch.autograd.grad(layer(x).sum(), [x, *parameters])
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print a figure for each size and number of threads; both take turns, the medians count."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--units", type=int, nargs="+", default=[128, 384])
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--passes", type=int, default=60)
    asked = options.parse_args()
    for size in asked.units:
        torch.manual_seed(1)
        directions = nn.ModuleList(nn.LSTM(size, size) for _ in range(2))
        x, lengths = torch.randn(FRAMES, BATCH, size, requires_grad=True), torch.full((BATCH,), FRAMES)
        ways: dict[str, Callable[[Tensor], Tensor]] = {
            "ours": lambda x: lstm_layer(x, lengths, list(directions)),  # noqa: B023
            "peer": lambda x: directions[0](x)[0] + directions[1](x.flip(0))[0].flip(0),  # noqa: B023
        }
        for threads in asked.threads:
            torch.set_num_threads(threads)
            times: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(asked.passes):
                for name, way in ways.items():
                    times[name].append(milliseconds(way, x, list(directions.parameters())))
            ours, peer = (statistics.median(times[name]) for name in ways)
            bench = f"LSTM of {size} units, both directions, {threads} threads"
            figure = {"ours": round(ours, 2), "peer": round(peer, 2), "ratio": round(peer / ours, 2)}
            print(json.dumps({"bench": bench, **figure, "unit": "ms", "n": asked.passes}))


if __name__ == "__main__":
    main()
