"""Fine-tuning: a network begins with the weights of another, and spells with units of its own."""

import torch
from torch import Tensor

from ds2cli.config import Config
from ds2cli.errors import CheckpointError
from ds2cli.model.checkpoint import Checkpoint
from ds2cli.model.recogniser import Recogniser
from ds2cli.text.units import Units

# What a network may learn on with: by which mean a frame is standardised, and what is dropped.
FREE = frozenset({"features.statistics", "model.dropout"})
# The settings of a head, which a network that begins with another's encoder chooses for itself.
OF_HEADS = frozenset({"model.head", "model.predictor", "model.predictor_size", "model.joint_size"})
HEADS = ("network.output.", "network.head.")
# A row for each unit.
BY_UNIT = frozenset({
    "network.output.weight", "network.output.bias",
    "network.head.output.weight", "network.head.output.bias", "network.head.predictor.embedding.weight",
    "network.head.simple_encoder.weight", "network.head.simple_encoder.bias",
    "network.head.simple_predictor.weight", "network.head.simple_predictor.bias",
})  # fmt: skip


@torch.no_grad()
def transfer(checkpoint: Checkpoint, recogniser: Recogniser) -> None:
    """Give a recogniser the weights and feature statistics of a checkpoint.

    The encoder moves whole. A head moves where both have it (a transducer that begins with a CTC run has its own): of
    its layers that have a row for each unit, the rows of units that both spell with move along with their units (the
    blank among them); new units keep the rows that they have.

    raises  CheckpointError where the networks have different shapes, or frames that mean something else
    """
    own = recogniser.state_dict()
    body = {key: weights for key, weights in checkpoint.weights.items() if not key.startswith(HEADS)}
    heads = {key: weights for key, weights in checkpoint.weights.items() if key.startswith(HEADS) and key in own}
    shapes = {key: tuple(weights.shape) for key, weights in body.items()}
    wanted = {key: tuple(weights.shape) for key, weights in own.items() if not key.startswith(HEADS)}
    unlike = any(weights.shape[key in BY_UNIT :] != own[key].shape[key in BY_UNIT :] for key, weights in heads.items())
    if shapes != wanted or unlike:
        free = frozenset() if unlike else OF_HEADS
        raise CheckpointError(
            "the network to begin with has another shape: "
            + "; ".join(differences(checkpoint.config, recogniser.config, free)),
            hint="leave out the settings of features and model to use those of the run",
        )
    unheard = [one for one in differences(checkpoint.config, recogniser.config, FREE) if one.startswith("features.")]
    if unheard:
        raise CheckpointError(f"the initial network has other features: {'; '.join(unheard)}",
                              hint="leave its features as they are; recordings of other rates are resampled")
    recogniser.load_state_dict(body, strict=False)
    for key, weights in heads.items():
        if key in BY_UNIT:
            moved(weights, checkpoint.units, own[key], recogniser.units)
        else:
            own[key].copy_(weights)


def moved(rows: Tensor, units: Units, into: Tensor, new_units: Units) -> None:
    """Copy the row of each unit to its place among the new units; `into` is changed, the rest of it stays.

    rows (V, ...), into (V', ...)
    """
    places = {name: at for at, name in enumerate(units.names)}
    for at, name in enumerate(new_units.names):
        if name in places:
            into[at].copy_(rows[places[name]])


def differences(there: Config, here: Config, free: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """The settings of features and network that differ, each with both values.

    free  those that may
    """
    found = []
    for section in ("features", "model"):
        one, other = vars(getattr(there, section)), vars(getattr(here, section))
        changed = [name for name in other if one[name] != other[name] and f"{section}.{name}" not in free]
        found += [f"{section}.{name} is {one[name]} there and {other[name]} here" for name in changed]
    return found
