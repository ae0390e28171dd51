"""What a GPU can do at most, and our network on it in other ways: compiled, and as a CUDA graph."""

import time

import torch
from contenders import Ours

VARIANTS = ("plain", "compiled", "graph")
SIDE, PRODUCTS = 8192, 20


def peak_operations(device: str) -> float:
    """Floating point operations in a second of a large bf16 product: what all else is measured by."""
    left, right = (torch.randn(SIDE, SIDE, device=device, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        left @ right
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(PRODUCTS):
        left @ right
    torch.cuda.synchronize()
    return PRODUCTS * 2 * SIDE**3 / (time.perf_counter() - began)


def as_variant(variant: str, ours: Ours) -> None:
    """Change how our network is run, in place.

    compiled  convolutions and fully connected layers by torch.compile; cuDNN's recurrences stay as they are
    graph     forward and backward each as one CUDA graph of this batch's shape
    raises    RuntimeError where the device or torch cannot
    """
    network = ours.trainer.recogniser.network
    if variant == "compiled":
        for layer in (*network.convolutions, *network.hidden):
            layer.compile()
    if variant == "graph":
        _capture(ours)


def _capture(ours: Ours) -> None:
    recogniser, batch = ours.trainer.recogniser.train(), ours.batch()
    bf16 = ours.trainer.config.train.precision == "bf16"
    sound = batch.waveforms.to(recogniser.device), batch.lengths.to(recogniser.device)
    with torch.no_grad():
        features, frames = recogniser.frontend(*sound)
    # Weights cast inside the graph must not come from a cache outside it.
    with torch.autocast("cuda", torch.bfloat16, enabled=bf16, cache_enabled=False):
        torch.cuda.make_graphed_callables(recogniser.network, (features, frames))
