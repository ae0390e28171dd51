"""A training step beside deepspeech.pytorch's: the same network, the same batch, forward, backward and optimiser.

    python tests/benchmarks/train.py [--size 256] [--utterances 4] [--repeats 3] [--processes 2] [--device cpu]

One JSON line for each figure: bench, ours, peer, ratio (above 1: ours is better), unit, n, device. Utterances are as
uneven in length as LibriSpeech's are when they come unsorted. The peer is its architecture in plain torch
(peer_network.py) and gets its features ready made; ours is the trainer itself, features and batches included.

On a CPU: seconds of a step, least of the repeats, one thread each, ours in bf16 too (its ratio is to our float32);
then ours in --processes processes of one thread beside the peer with as many threads, and beside ourselves with as
many. On a GPU: hours of audio in an hour, in bf16 and float32, plain, compiled and as a CUDA graph, TFLOP/s of the
arithmetic that the utterances need (padding and normalisation not counted), and their share of what a large bf16
product reaches in the same run; the peer's network and the presets. On both: where a step's time goes, and the
clipped rectifier's recurrence beside the plain loop. --size 1024 is the peer's own size; on 2 cores take --utterances
2 with it.
"""

import argparse
import json
import os
import sys
from functools import partial
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # before torch: as ds2 itself does, for both

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the tree that this file is in, not an installed one

from contenders import Ours, Peer, in_turns, measured, same_architecture  # noqa: E402
from gpu import VARIANTS, as_variant, peak_operations  # noqa: E402
from invented_speech import uneven_durations  # noqa: E402
from recurrences import both_ways  # noqa: E402
from step_parts import StepInParts  # noqa: E402
from two_processes import Team  # noqa: E402

from ds2cli.config import Config  # noqa: E402
from ds2cli.settings import preset_layer, resolve  # noqa: E402
from ds2cli.training.distributed import Process  # noqa: E402

PRESETS = ("small", "paper", "paper-deployed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--size", type=int, help="cells of each LSTM; default 256, on a GPU 1024")
    parser.add_argument("--utterances", type=int, help="in a step; default 4, on a GPU 64")
    parser.add_argument("--repeats", type=int, default=3, help="of each step; the best counts")
    parser.add_argument("--processes", type=int, default=2, help="on a CPU; 1: only one process each")
    parser.add_argument("--presets", nargs="*", default=PRESETS, help="on a GPU")
    asked = parser.parse_args()
    on_gpu = asked.device.startswith("cuda")
    asked.size = asked.size or (1024 if on_gpu else 256)
    asked.durations = uneven_durations(asked.utterances or (64 if on_gpu else 4))
    (bench_gpu if on_gpu else bench_cpu)(asked)


def bench_cpu(asked: argparse.Namespace) -> None:
    config = same_architecture(asked.size)
    torch.set_num_threads(1)
    ours = Ours(config, asked.durations, "float32", Process())
    peer = Peer(ours, bf16=False)
    bf16 = Ours(config, asked.durations, "bf16", Process())
    contenders = {"ours": ours, "peer": peer, "bf16": bf16}
    took = in_turns({who: partial(measured, one) for who, one in contenders.items()}, asked.repeats)
    report_seconds(f"train/lstm 5x{asked.size}/1 thread", took, asked)
    took = {"ours": took["bf16"], "peer": took["ours"]}
    report_seconds(f"train/lstm 5x{asked.size}/1 thread, our bf16 beside our float32", took, asked)
    report_parts(f"lstm 5x{asked.size}", ours, False, asked)
    bench_recurrence(4, 60, torch.float32, asked)
    if asked.processes > 1:
        torch.set_num_threads(asked.processes)
        team = Team(asked.processes, config, asked.durations)
        steps = {"ours": team.step, "peer": partial(measured, peer), "threads": partial(measured, ours)}
        took = in_turns(steps, asked.repeats)
        team.close()
        bench = f"train/lstm 5x{asked.size}/{asked.processes} processes beside"
        report_seconds(f"{bench} {asked.processes} threads", took, asked)
        took = {"ours": took["ours"], "peer": took["threads"]}
        report_seconds(f"{bench} {asked.processes} threads of our own", took, asked)


def bench_gpu(asked: argparse.Namespace) -> None:
    """Both precisions and every variant of the peer's network, beside the peer; then the presets."""
    peak = peak_operations(asked.device)
    line = {"bench": "train/peak", "ours": round(peak / 1e12, 1), "unit": "TFLOP/s of a bf16 product"}
    print(json.dumps({**line, "device": torch.cuda.get_device_name(asked.device)}), flush=True)
    bench_recurrence(64, 400, torch.bfloat16, asked)
    networks = {f"lstm 5x{asked.size}": same_architecture(asked.size)}
    networks |= {name: resolve(preset_layer(name))[0] for name in asked.presets}
    for precision in ("bf16", "float32"):
        for name, config in networks.items():
            bench_network(name, config, precision, peak, asked)


def bench_recurrence(n_utterances: int, n_frames: int, kind: torch.dtype, asked: argparse.Namespace) -> None:
    """A layer of the preset `paper` beside autograd through its loop."""
    size = resolve(preset_layer("paper"))[0].model.rnn_size
    ways = both_ways(size, n_utterances, n_frames, asked.device, kind)
    took = in_turns({who: partial(measured, one) for who, one in ways.items()}, asked.repeats)
    for unit in ("cpu", "wall"):
        seconds = {who: getattr(one, unit) for who, one in took.items()}
        line = {
            "bench": f"train/clipped rectifiers 2x{size}/beside the plain loop",
            "ours": round(seconds["ours"], 4), "peer": round(seconds["peer"], 4),
            "ratio": round(seconds["peer"] / seconds["ours"], 2),
            "unit": f"{unit} s of {n_utterances} utterances of {n_frames} frames", "n": asked.repeats,
            "device": asked.device,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def bench_network(name: str, config: Config, precision: str, peak: float, asked: argparse.Namespace) -> None:
    for variant in VARIANTS:
        torch.cuda.empty_cache()
        ours = Ours(config, asked.durations, precision, Process(device=asked.device))
        peer = Peer(ours, precision == "bf16") if name.startswith("lstm") else None
        steps = {who: partial(measured, one) for who, one in (("ours", ours), ("peer", peer)) if one}
        try:
            as_variant(variant, ours)
            took = in_turns(steps, asked.repeats)
        except (RuntimeError, AssertionError) as problem:  # what compilers and captures raise, memory included
            print(f"{name}, {precision}, {variant}: {str(problem).splitlines()[0]}", file=sys.stderr)
            continue
        hours = {who: float(asked.durations.sum()) / seconds.wall for who, seconds in took.items()}
        reached = {who: ours.operations / seconds.wall for who, seconds in took.items()}
        line = {
            "bench": f"train/{name}/{precision}/{variant}", "ours": round(hours["ours"]),
            "peer": round(hours["peer"]) if peer else None,
            "ratio": round(hours["ours"] / hours["peer"], 2) if peer else None,
            "unit": "hours of audio per hour", "n": len(asked.durations),
            "device": torch.cuda.get_device_name(asked.device),
            "tflops": {who: round(one / 1e12, 2) for who, one in reached.items()},
            "share_of_peak": {who: round(one / peak, 4) for who, one in reached.items()},
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        if variant == "plain":
            report_parts(f"{name}/{precision}", ours, precision == "bf16", asked)


def report_seconds(bench: str, took: dict, asked: argparse.Namespace) -> None:
    """CPU seconds, which a busy machine leaves nearly as they are, and the wall's, which it does not."""
    for unit, seconds in (("CPU s", {who: one.cpu for who, one in took.items()}),
                          ("wall s", {who: one.wall for who, one in took.items()})):
        line = {
            "bench": bench, "ours": round(seconds["ours"], 2), "peer": round(seconds["peer"], 2),
            "ratio": round(seconds["peer"] / seconds["ours"], 2),
            "unit": f"{unit} per step of {asked.durations.sum():.1f} s of audio",
            "n": asked.repeats, "device": asked.device,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def report_parts(name: str, ours: Ours, bf16: bool, asked: argparse.Namespace) -> None:
    """Shares of a step's time; on a GPU each part is waited for, which costs a little."""
    parts = StepInParts(ours.trainer.recogniser, ours.batch(), ours.trainer.optimizer, bf16)
    parts.take()
    parts.seconds.clear()
    for _ in range(asked.repeats):
        parts.take()
    for part, share in parts.shares().items():
        line = {"bench": f"train/{name}/{part}", "ours": round(share, 1), "peer": None, "ratio": None,
                "unit": "% of a step", "n": asked.repeats, "device": asked.device}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
