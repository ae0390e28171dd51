"""Fine-tuning: a network begins with the weights of another, and spells with units of its own."""

import torch
from torch import Tensor

from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import Checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import Units

OUTPUT = ("network.output.weight", "network.output.bias")


@torch.no_grad()
def transfer(checkpoint: Checkpoint, recogniser: Recogniser) -> None:
    """Give a recogniser the weights and feature statistics of a checkpoint.

    Of the output layer, the rows of units that both spell with move along with their units (the blank among them);
    new units keep the rows that they have.

    raises  CheckpointError where the networks have different shapes
    """
    own = recogniser.state_dict()
    body = {key: weights for key, weights in checkpoint.weights.items() if key not in OUTPUT}
    shapes = {key: tuple(weights.shape) for key, weights in body.items()}
    wanted = {key: tuple(weights.shape) for key, weights in own.items() if key not in OUTPUT}
    if shapes != wanted or checkpoint.weights[OUTPUT[0]].shape[1:] != own[OUTPUT[0]].shape[1:]:
        raise CheckpointError(
            f"the network to begin with has another shape: {_difference(checkpoint, recogniser)}",
            hint="without settings of features and model, those of the run are taken",
        )
    recogniser.load_state_dict(body, strict=False)
    for key in OUTPUT:
        moved(checkpoint.weights[key], checkpoint.units, own[key], recogniser.units)


def moved(rows: Tensor, units: Units, into: Tensor, new_units: Units) -> None:
    """Copy the row of each unit to its place among the new units; `into` is changed, the rest of it stays.

    rows (V, ...), into (V', ...)
    """
    places = {name: at for at, name in enumerate(units.names)}
    for at, name in enumerate(new_units.names):
        if name in places:
            into[at].copy_(rows[places[name]])


def _difference(checkpoint: Checkpoint, recogniser: Recogniser) -> str:
    """The settings that differ, there and here."""
    found = []
    for section in ("features", "model"):
        there, here = vars(getattr(checkpoint.config, section)), vars(getattr(recogniser.config, section))
        changed = [name for name in here if there[name] != here[name]]
        found += [f"{section}.{name} is {there[name]} there and {here[name]} here" for name in changed]
    return "; ".join(found)
