"""A wider network that answers as a narrower one: `python widen.py RUN SIZE WIDER.safetensors`, for --init.

Each LSTM gets SIZE units. The new ones listen with random weights and nobody listens to them yet: their outgoing
weights are zero, and learn first. (Net2Net, Chen et al. 2016, copies units instead; random ones are new features at
once.)
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ds2cli.model.checkpoint import load_checkpoint, save_checkpoint
from ds2cli.model.recogniser import Recogniser

GATES = 4


def widened(name: str, old: Tensor, new: Tensor) -> Tensor:
    """A weight of the wider network: `new`, freshly drawn, around `old`."""
    if old.shape == new.shape:
        return old
    new = new.clone()
    if ".recurrence." in name:  # (gates x units, inputs): every gate's old units lie before its new ones
        for theirs, ours in zip(old.chunk(GATES), new.chunk(GATES), strict=True):
            ours[: len(theirs)] = 0  # the old units do not hear the new ones
            ours[tuple(map(slice, theirs.shape))] = theirs
    elif name == "network.output.weight":
        new[:] = 0
        new[:, : old.shape[1]] = old
    else:  # of a batch norm
        new[: len(old)] = old
        if name.endswith("running_variance"):
            new[len(old) :] = old.median()
    return new


def main(run: str, size: int, output: Path) -> None:
    known = load_checkpoint(run)
    config = replace(known.config, model=replace(known.config.model, rnn_size=size))
    torch.manual_seed(1)
    fresh = Recogniser(config, known.units).state_dict()
    weights = {name: widened(name, known.weights[name], fresh[name]) for name in fresh}
    save_checkpoint(output, replace(known, config=config, weights=weights, form="float32"))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
