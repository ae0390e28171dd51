"""Several processes as one trainer: torchrun starts them, DistributedDataParallel sums their gradients."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist

from ds2cli.model.devices import usable_device


@dataclass(frozen=True)
class Process:
    """This process among those that train together."""

    rank: int = 0
    world: int = 1
    device: str = "cpu"

    @property
    def is_first(self) -> bool:
        """Whether this process speaks and writes for all."""
        return self.rank == 0


def join(device: str) -> Process:
    """Join the other processes where torchrun started several; alone otherwise.

    device  "auto", "cpu", "cuda" or "cuda:1"
    raises  UsageError where there is no such device
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    cuda = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    local = int(os.environ.get("LOCAL_RANK", 0))
    if device == "auto" or (device == "cuda" and world > 1):
        device = f"cuda:{local}" if cuda else "cpu"
    device = usable_device(device)
    if cuda:
        torch.cuda.set_device(device)
    if world > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo")
    return Process(rank, world, device)


def leave() -> None:
    """End the group, so that torchrun sees a clean exit."""
    if dist.is_initialized():
        dist.destroy_process_group()


def any_of(process: Process, flag: bool) -> bool:
    """Whether any process says so: all must stop at the same step."""
    if process.world == 1:
        return flag
    shared = torch.tensor(float(flag), device=process.device)
    dist.all_reduce(shared, dist.ReduceOp.MAX)
    return bool(shared.item())


def gathered(process: Process, thing: object) -> list:
    """Every process's thing, in order of rank."""
    if process.world == 1:
        return [thing]
    things: list = [None] * process.world
    dist.all_gather_object(things, thing)
    return things


def total(process: Process, values: torch.Tensor) -> torch.Tensor:
    """The sum over all processes."""
    if process.world > 1:
        dist.all_reduce(values)
    return values
