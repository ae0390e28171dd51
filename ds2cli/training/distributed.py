"""Several processes as one trainer: torchrun starts them, and they sum what each has found."""

import os
from collections.abc import Iterable
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
        dist.init_process_group("nccl" if cuda else "gloo", store=_meeting_place(), rank=rank, world_size=world)
    return Process(rank, world, device)


def _meeting_place() -> dist.Store:
    """Where the processes leave their addresses; on one machine another place after every restart.

    torchrun's store outlives its processes, and the addresses of the dead with it (torch 2.13): a process that reads
    one before the new one is written waits for a peer that is no more. Machines count their restarts each by itself,
    so among several of them the place stays torch's.
    """
    store, _, _ = next(dist.rendezvous("env://"))
    alone = os.environ.get("GROUP_WORLD_SIZE", "1") == "1"
    return dist.PrefixStore(f"start {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store) if alone else store


def is_lost_peer(problem: RuntimeError) -> bool:
    """Whether an exchange failed because another process has ended."""
    return isinstance(problem, dist.DistBackendError) or "closed by peer" in str(problem) or "reset by" in str(problem)


def is_restarted() -> bool:
    """Whether torchrun has started this process anew, after one of the group died."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)) > 0


def is_watched() -> bool:
    """Whether torchrun takes any exit code but 0 for a death, and would start the run anew."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", 0)) > 0


def leave() -> None:
    """End the group, so that torchrun sees a clean exit."""
    if dist.is_initialized():
        dist.destroy_process_group()


def any_of(process: Process, flag: bool) -> bool:
    """Whether any process says so: all must stop at the same step."""
    return bool(highest(process, int(flag)))


def highest(process: Process, number: int) -> int:
    """The greatest of all processes' small numbers."""
    if process.world == 1:
        return number
    shared = torch.tensor(float(number), device=process.device)
    dist.all_reduce(shared, dist.ReduceOp.MAX)
    return int(shared.item())


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


def share(process: Process, tensors: Iterable[torch.Tensor]) -> None:
    """Every process takes the first one's tensors."""
    if process.world > 1:
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def said_by_first(process: Process, number: float) -> float:
    """The first process's number, in all of them."""
    if process.world == 1:
        return number
    shared = torch.tensor(number, dtype=torch.float64, device=process.device)
    dist.broadcast(shared, 0)
    return float(shared)


def sums_of(process: Process, tensors: list[torch.Tensor]) -> list[torch.Tensor]:
    """The sum of each tensor over all processes, in one exchange."""
    if process.world == 1:
        return tensors
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    pieces = flat.split([tensor.numel() for tensor in tensors])
    return [piece.view_as(tensor) for piece, tensor in zip(pieces, tensors, strict=True)]


class Exchange:
    """Sums over all processes in the middle of a pass through the network, as batch normalisation needs them.

    They come in one order, the same for every process. A process that had to give a pass up goes through the network
    once more with `begin(answered)`: the sums that the others have already are not asked for again, the rest are, and
    nobody waits for ever.
    """

    def __init__(self) -> None:
        self.answered = self._behind = 0

    def begin(self, answered: int = 0) -> None:
        """A pass begins; the first `answered` of its sums stay at home."""
        self.answered, self._behind = answered, answered

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self._behind:
            self._behind -= 1
            return x
        x = x.clone()
        dist.all_reduce(x)
        self.answered += 1
        return x
