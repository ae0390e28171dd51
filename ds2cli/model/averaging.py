"""The mean of several checkpoints of one network: often better than each of them."""

from collections.abc import Sequence
from pathlib import Path

import torch

from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import Checkpoint, load_checkpoint
from ds2cli.model.transfer import differences


def averaged(paths: Sequence[Path]) -> Checkpoint:
    """A checkpoint with the mean of all weights, running statistics included; settings and units are the last one's.

    raises  CheckpointError where they are not of the same network or units, or do not hear the same
    """
    hint = "average checkpoints of one run, or of runs with the same settings and units"
    last = load_checkpoint(paths[-1])
    sums = {name: torch.zeros_like(weights, dtype=torch.float64) for name, weights in last.weights.items()}
    for path in paths:
        one = load_checkpoint(path)
        shapes = {name: weights.shape for name, weights in one.weights.items()}
        if one.units != last.units or shapes != {name: total.shape for name, total in sums.items()}:
            hint = "average checkpoints of one run, or of runs with the same settings and units"
            raise CheckpointError(f"`{path}` and `{paths[-1]}` are not of the same network", hint=hint)
        unlike = differences(one.config, last.config, free={"model.dropout"})
        if unlike:
            raise CheckpointError(f"`{path}` and `{paths[-1]}` are unlike: {'; '.join(unlike)}", hint=hint)
        if any(not torch.equal(one.weights[name], last.weights[name]) for name in sums if name.startswith("frontend.")):
            what = "their features are standardised by other statistics"
            raise CheckpointError(f"`{path}` and `{paths[-1]}` are unlike: {what}", hint=hint)
        for name, weights in one.weights.items():
            sums[name] += weights
    means = {name: (total / len(paths)).to(last.weights[name].dtype) for name, total in sums.items()}
    return Checkpoint(last.config, last.units, means, {"averaged": str(len(paths))})
