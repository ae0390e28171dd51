"""A bidirectional LSTM layer, forward and backward, by our kernel and by torch's (oneDNN's): ms, a JSON line a figure.

    python tests/benchmarks/lstm.py --units 128 384 --threads 1 2

Eight made-up utterances of 68 to 75 frames (3 s in frames of 40 ms); torch's backward direction reads them reordered.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from unittest.mock import patch

import torch
from torch import Tensor

from ds2cli.config import ModelConfig
from ds2cli.model.encoder import recurrent


def milliseconds(forward: Callable[[], Tensor], parameters: list[Tensor]) -> float:
    """Of a pass forward and back."""
    began = time.perf_counter()
    torch.autograd.grad(forward().sum(), parameters)
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print a figure for each size and number of threads; twenty passes by turns, the medians count."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--units", type=int, nargs="+", default=[128, 384])
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--passes", type=int, default=100)
    asked = options.parse_args()
    for size in asked.units:
        torch.manual_seed(1)
        layer = recurrent.RecurrentLayer(size, ModelConfig(rnn="lstm", rnn_size=size, bidirectional=True))
        lengths = torch.tensor([75, 74, 73, 72, 71, 70, 69, 68])
        x, mask = torch.randn(75, 8, size, requires_grad=True), torch.arange(75) < lengths[:, None]
        parameters = [x, *layer.parameters()]
        for threads in asked.threads:
            torch.set_num_threads(threads)
            times: dict[str, list[float]] = {"ours": [], "peer": []}
            for turn in range(2 * asked.passes):
                name = "peer" if turn // 20 % 2 else "ours"
                with patch.object(recurrent, "kernel_suits", return_value=name == "ours"):
                    times[name].append(milliseconds(lambda: layer(x, lengths, mask), parameters))  # noqa: B023
            ours, peer = (statistics.median(times[name]) for name in ("ours", "peer"))
            bench = f"LSTM of {size} units, both directions, {threads} threads"
            figure = {"ours": round(ours, 2), "peer": round(peer, 2), "ratio": round(peer / ours, 2)}
            print(json.dumps({"bench": bench, **figure, "unit": "ms", "n": asked.passes}))


if __name__ == "__main__":
    main()
