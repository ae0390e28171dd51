"""The experiments of the ablation: a short table of findings, and of each variant what it changes in the base.

    python variants.py list norm data        the variants that these findings need, one a line
    python variants.py write WORK DATA       WORK/NAME/variant.toml for each, and the parts of DATA/train.jsonl
    python variants.py plan DATA             hours of each variant and of all, estimated
    python variants.py longest DATA          the variants, the longest first: several at once then end together
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ds2cli.config import Config
from ds2cli.errors import Ds2Error
from ds2cli.records.jsonl import to_line
from ds2cli.records.manifest import Utterance, read_manifest
from ds2cli.settings import Layer, preset_layer, resolve, to_toml

# The preset with the paper's clipped rectifiers. Batches are small, because so little speech needs many steps to be
# learned at all; the rate is one for all, from a few short trials.
BASE = {"model.rnn": "rnn", "model.rnn_layers": 5, "model.rnn_size": 192, "model.dropout": 0.0,
        "batch.seconds": 24.0, "optimizer.learning_rate": 2e-3}  # fmt: skip
# To see the pipe work: seconds on a CPU, and no result.
QUICK = {"model.rnn_size": 24, "model.conv_channels": [8, 8], "batch.seconds": 40.0}
DEPTHS = (1, 3, 5, 7)
PARTS = (10, 20, 50)
SIZES = (96, 144, 240)  # beside the base's; squares as 18, 38 and 100 million are beside 70


@dataclass(frozen=True)
class Finding:
    """A table of the paper: column names; for each row its name, a variant for each column, and the paper's WER."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


def _convolution(kernels: list, strides: list, channels: list) -> dict[str, Any]:
    shape = {"conv_kernels": kernels, "conv_strides": strides, "conv_channels": channels}
    return {"features.kind": "spectrogram", **{f"model.{name}": value for name, value in shape.items()}}


# The paper's six front ends; the channels of the 1-D ones are an eighth of its, of the 2-D ones a quarter, as all else
# is smaller here. The paper's seven layers of rectifiers behind them learn nothing from so little: these do.
BEHIND = {"model.rnn": "gru", "model.rnn_layers": 3, "model.rnn_size": 128}
CONVOLUTIONS = {
    "1d-1": _convolution([[11]], [[2]], [160]),
    "1d-2": _convolution([[5], [5]], [[1], [2]], [80, 80]),
    "1d-3": _convolution([[5], [5], [5]], [[1], [1], [2]], [64, 64, 64]),
    "2d-1": _convolution([[41, 11]], [[2, 2]], [8]),
    "2d-2": _convolution([[41, 11], [21, 11]], [[2, 2], [2, 1]], [8, 8]),
    "2d-3": _convolution([[41, 11], [21, 11], [21, 11]], [[2, 2], [2, 1], [2, 1]], [8, 8, 24]),
}
VARIANTS: dict[str, dict[str, Any]] = {
    **{f"rnn-{n}-plain": {"model.rnn_layers": n, "model.batch_norm": "none"} for n in DEPTHS},
    **{f"rnn-{n}": {"model.rnn_layers": n} for n in DEPTHS},
    **{f"gru-{n}": {"model.rnn_layers": n, "model.rnn": "gru"} for n in DEPTHS},
    "unsorted-plain": {"model.rnn_layers": 7, "model.batch_norm": "none", "batch.sorta_grad": False},
    "unsorted": {"model.rnn_layers": 7, "batch.sorta_grad": False},
    **{f"conv-{name}": {**BEHIND, **settings} for name, settings in CONVOLUTIONS.items()},
    "forward": {"model.rnn": "gru", "model.rnn_layers": 3, "model.bidirectional": False},
    "forward-lookahead": {"model.rnn": "gru", "model.rnn_layers": 3, "model.bidirectional": False,
                          "model.lookahead": 20},
    **{f"part-{share}": {"model.rnn": "gru"} for share in PARTS},
    **{f"gru-of-{size}": {"model.rnn": "gru", "model.rnn_size": size} for size in SIZES},
}
PAPER_NORM = {1: ("13.55", "14.40", "10.53"), 3: ("11.61", "10.56", "8.00"), 5: ("10.77", "9.78", "7.79"),
              7: ("10.83", "9.52", "8.19")}
PAPER_CONVOLUTIONS = {"1d-1": "9.52", "1d-2": "9.67", "1d-3": "9.20", "2d-1": "8.94", "2d-2": "9.06", "2d-3": "8.61"}
PAPER_PARTS = {10: "13.80", 20: "11.65", 50: "9.51"}

FINDINGS = {
    "norm": Finding(
        "Batch normalisation, by recurrent layers (simple RNN)", ("without", "with"),
        tuple((str(n), (f"rnn-{n}-plain", f"rnn-{n}"), PAPER_NORM[n][:2]) for n in DEPTHS),
    ),
    "gru": Finding(
        "GRU against simple RNN, by recurrent layers", ("RNN", "GRU"),
        tuple((str(n), (f"rnn-{n}", f"gru-{n}"), PAPER_NORM[n][1:]) for n in DEPTHS),
    ),
    "sortagrad": Finding(
        "SortaGrad, 7 recurrent layers", ("without BN", "with BN"),
        (("not sorted", ("unsorted-plain", "unsorted"), ("11.96", "9.78")),
         ("SortaGrad", ("rnn-7-plain", "rnn-7"), ("10.83", "9.52"))),
    ),
    "conv": Finding(
        "Convolutions, before 3 GRU layers (the paper: 7 of simple RNN)", ("WER",),
        tuple((name, (f"conv-{name}",), (PAPER_CONVOLUTIONS[name],)) for name in CONVOLUTIONS),
    ),
    "lookahead": Finding(
        "Lookahead convolution, 3 GRU layers", ("WER",),
        (("bidirectional", ("gru-3",), ("-",)),
         ("one direction, lookahead", ("forward-lookahead",), ("within 5 % of bidirectional",)),
         ("one direction", ("forward",), ("-",))),
    ),
    "data": Finding(
        "Share of the training data (the paper's 100 % is 12,000 h)", ("WER",),
        (*((f"{share} %", (f"part-{share}",), (PAPER_PARTS[share],)) for share in PARTS),
         ("100 %", ("gru-5",), ("8.46",))),
    ),
    "size": Finding(
        "Model size, 5 GRU layers (the paper's: 18, 38, 70 and 100 M weights)", ("WER",),
        (("96", ("gru-of-96",), ("10.59",)), ("144", ("gru-of-144",), ("9.06",)),
         ("192", ("gru-5",), ("8.54",)), ("240", ("gru-of-240",), ("7.78",))),
    ),
}  # fmt: skip


def settings_of(name: str, epochs: int, quick: bool = False) -> tuple[Config, dict[str, str]]:
    """A variant's settings and their origins: preset `tiny` < the recipe's base < the variant."""
    schedule = {"train.epochs": epochs, "train.evaluate_every": max(epochs // 4, 1)}
    layers = [preset_layer("tiny"), Layer({**BASE, **schedule}, "recipe"), Layer(VARIANTS[name], f"variant {name}")]
    smaller = QUICK if "model.conv_channels" not in VARIANTS[name] else {"model.rnn_size": QUICK["model.rnn_size"]}
    return resolve(*layers, *([Layer(smaller, "--quick")] if quick else []))


def needed_by(findings: list[str]) -> list[str]:
    """The variants of these findings, each once, in the order of the tables."""
    unknown = [name for name in findings if name not in FINDINGS]
    if unknown:
        raise SystemExit(f"error: no finding `{unknown[0]}`; there are: {', '.join(FINDINGS)}")
    wanted = [name for finding in findings or FINDINGS for _, names, _ in FINDINGS[finding].rows for name in names]
    return list(dict.fromkeys(wanted))


def training_part(name: str, utterances: list[Utterance]) -> list[Utterance]:
    """The utterances that a variant learns from: all, or evenly spread ones."""
    if not name.startswith("part-"):
        return utterances
    share = int(name.removeprefix("part-"))
    return [one for i, one in enumerate(utterances) if (i + 1) * share // 100 > i * share // 100]


def write(work: Path, data: Path, names: list[str], epochs: int, quick: bool) -> None:
    utterances = list(read_manifest(data / "train.jsonl"))
    for name in names:
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "variant.toml").write_text(to_toml(*settings_of(name, epochs, quick)), encoding="utf-8")
        lines = [to_line({**one.record, "id": one.id}) + "\n" for one in training_part(name, utterances)]
        (folder / "train.jsonl").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["list", "write", "plan", "longest"])
    parser.add_argument("findings", nargs="*", metavar="FINDING", help=f"default: all; {', '.join(FINDINGS)}")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--data", type=Path, help="folder with train.jsonl and dev.jsonl")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="tiny networks: to see the pipe work")
    asked = parser.parse_args()
    names = needed_by(asked.findings)
    if asked.what == "list":
        print("\n".join(names))
    elif asked.what == "write":
        write(asked.work, asked.data, names, asked.epochs, asked.quick)
    else:
        from plan import longest_first, print_plan  # torch, which the others do without

        show = print_plan if asked.what == "plan" else longest_first
        show(names, asked.data, asked.epochs, asked.device, asked.quick)


if __name__ == "__main__":
    try:
        main()
    except Ds2Error as problem:
        sys.exit(f"error: {problem}")
