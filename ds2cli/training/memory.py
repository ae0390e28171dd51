"""How much memory a training step will need, found by listening to one second; and what it says when it has none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ds2cli import hints
from ds2cli.audio.features import n_bins
from ds2cli.config import Config
from ds2cli.errors import Ds2Error
from ds2cli.model.recogniser import Recogniser, network_of

# Of each weight: itself, its gradient, and what the optimiser remembers of it.
STATES = {"adamw": 4, "sgd": 3}

# Only torch's own allocator on a GPU has an error of its own; the libraries, and the allocator for a CPU, say it.
SAYINGS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
TOO_LARGE = "out of memory with this utterance alone"
SMALLER = hints.SMALLER_NETWORK


def is_out_of_memory(problem: RuntimeError) -> bool:
    """Whether an error is that of a full memory."""
    return isinstance(problem, torch.OutOfMemoryError) or any(saying in str(problem) for saying in SAYINGS)


@contextmanager
def within_memory(what: str) -> Iterator[None]:
    """A full memory, beyond what a step can do about it, is an error of two lines.

    what  does not fit
    """
    try:
        yield
    except MemoryError:
        raise Ds2Error(f"{what} does not fit into memory", hint=SMALLER) from None
    except RuntimeError as problem:
        if not is_out_of_memory(problem):
            raise
        raise Ds2Error(f"{what} does not fit into memory", hint=SMALLER) from None


def must_fit(config: Config, n_units: int) -> None:
    """Before anything is allocated: Linux promises memory that it does not have, and then ends who uses it.

    raises  Ds2Error where the weights alone are larger than this machine's memory
    """
    bins = n_bins(config.features)
    with torch.device("meta"), within_memory("the network"):
        network = network_of(config, bins, n_units)
    needed = 4 * sum(weights.numel() for weights in network.parameters())
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        sizes = f"{needed / 1e9:,.0f} GB of weights, and {there / 1e9:,.0f} GB here"
        raise Ds2Error(f"the network does not fit into memory: {sizes}", hint=SMALLER)


def estimated_bytes(recogniser: Recogniser, config: Config) -> int:
    """Bytes of a step of `batch.seconds`, all in one process: weights, gradients, optimiser, and what backward keeps
    (of the one part in hand, where `batch.accumulate` cuts the step).

    The activations that one second of sound leaves for the backward pass are counted, and multiplied; temporary
    buffers and padding are not, so a tenth more is wise.
    """
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    rate = config.features.sample_rate
    generator = torch.Generator().manual_seed(1)
    sound = torch.randn(1, rate, generator=generator)
    weights = {tensor.untyped_storage().data_ptr() for tensor in recogniser.state_dict().values()}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        recogniser(sound, torch.tensor([rate]))
    activations = sum(size for pointer, size in kept.items() if pointer not in weights)
    views = 2 if config.augment.consistency else 1
    return 4 * STATES[config.optimizer.kind] * recogniser.n_parameters + int(
        activations * config.batch.seconds / config.batch.accumulate * views
    )
