"""How much memory a training step will need, found by listening to one second; and what it says when it has none."""

import torch

from ds2cli.config import Config
from ds2cli.model.recogniser import Recogniser

# Of each weight: itself, its gradient, and what the optimiser remembers of it.
STATES = {"adamw": 4, "sgd": 3}

# Only torch's own allocator on a GPU has an error of its own; the libraries, and the allocator for a CPU, say it.
SAYINGS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")
TOO_LARGE = "out of memory with this utterance alone"


def is_out_of_memory(problem: RuntimeError) -> bool:
    """Whether an error is that of a full memory."""
    return isinstance(problem, torch.OutOfMemoryError) or any(saying in str(problem) for saying in SAYINGS)


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
