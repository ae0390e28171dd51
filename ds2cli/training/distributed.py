"""Several processes as one trainer: torchrun starts them, and they sum what each has found."""

import json
import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist

from ds2cli.errors import Ds2Error
from ds2cli.model.devices import usable_device

# So long processes wait for each other when they start: machines may be minutes apart.
START_SECONDS = 900.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Process:
    """This process among those that train together.

    first  the rank of the process that speaks and writes for all
    """

    rank: int = 0
    world: int = 1
    device: str = "cpu"
    first: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process speaks and writes for all."""
        return self.rank == self.first


def join_processes(device: str) -> Process:
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
        store = _meeting_place(rank, world)
        dist.init_process_group("nccl" if cuda else "gloo", store=store, rank=rank, world_size=world)
    return Process(rank, world, device)


def _meeting_place(rank: int, world: int) -> dist.Store:
    """Where the processes of this start leave their addresses.

    torchrun's store outlives its processes, and the addresses of the dead with it (torch 2.13): a process that reads
    one before the new one is written waits for a peer that is no more. Restarts cannot be told apart by number, as
    each machine counts those that it caused. So the first process gives every start a name, and each of the others
    answers to it; what the dead have left is never answered to.

    raises  Ds2Error where not all come
    """
    store, _, _ = next(dist.rendezvous("env://"))
    mine, until = uuid.uuid4().hex, time.monotonic() + START_SECONDS
    store.set(f"ds2 here {rank}", mine)
    seen: dict[str, str] | None = None
    while time.monotonic() < until:
        if rank:
            called = json.loads(store.get("ds2 start")) if store.check(["ds2 start"]) else {"here": {}}
            if called["here"].get(str(rank)) == mine:
                store.set(f"{called['name']} {rank}", "")
                return dist.PrefixStore(called["name"], store)
        else:
            here = {str(one): store.get(f"ds2 here {one}").decode() for one in range(1, world)
                    if store.check([f"ds2 here {one}"])}
            if here != seen:
                store.set("ds2 start", json.dumps({"name": mine, "here": here}))
                seen = here
            if all(store.check([f"{mine} {one}"]) for one in range(1, world)):
                return dist.PrefixStore(mine, store)
        time.sleep(POLL_SECONDS)
    raise Ds2Error(f"not all {world} processes of this run joined within {START_SECONDS / 60:.0f} minutes",
                   hint="did the command start on every machine?")


def is_lost_peer(problem: RuntimeError) -> bool:
    """Whether an exchange failed because another process has ended."""
    return isinstance(problem, dist.DistBackendError) or "closed by peer" in str(problem) or "reset by" in str(problem)


def goes_on_by_itself() -> bool:
    """Whether this command may have begun the run that it finds, because a launcher starts it anew after a death.

    On one machine torchrun says so. Each of several counts the restarts that it caused itself: there it may always be.
    """
    several = int(os.environ.get("GROUP_WORLD_SIZE", 1)) > 1
    return several or int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)) > 0


def is_watched() -> bool:
    """Whether torchrun takes any exit code but 0 for a death, and would start the run anew."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", 0)) > 0


def leave() -> None:
    """End the group, so that torchrun sees a clean exit."""
    if dist.is_initialized():
        dist.destroy_process_group()


def any_process(process: Process, flag: bool) -> bool:
    """Whether any process says so: all must stop at the same step."""
    return bool(all_reduce_max(process, int(flag)))


def wait_for_all(process: Process) -> None:
    """Until every process is here."""
    any_process(process, flag=False)


def all_reduce_max(process: Process, number: int) -> int:
    """The greatest of all processes' small numbers."""
    if process.world == 1:
        return number
    shared = torch.tensor(float(number), device=process.device)
    dist.all_reduce(shared, dist.ReduceOp.MAX)
    return int(shared.item())


def all_gather(process: Process, thing: object) -> list:
    """Every process's thing, in order of rank."""
    if process.world == 1:
        return [thing]
    things: list = [None] * process.world
    dist.all_gather_object(things, thing)
    return things


def all_reduce(process: Process, values: torch.Tensor) -> torch.Tensor:
    """The sum over all processes."""
    if process.world > 1:
        dist.all_reduce(values)
    return values


def broadcast_tensors(process: Process, tensors: Iterable[torch.Tensor]) -> None:
    """Every process takes the first one's tensors."""
    if process.world > 1:
        for tensor in tensors:
            dist.broadcast(tensor, process.first)


def broadcast(process: Process, thing: Any) -> Any:
    """The first process's thing, in all of them."""
    if process.world == 1:
        return thing
    things = [thing if process.is_first else None]
    dist.broadcast_object_list(things, process.first)
    return things[0]


def broadcast_number(process: Process, number: float) -> float:
    """The first process's number, in all of them."""
    if process.world == 1:
        return number
    shared = torch.tensor(number, dtype=torch.float64, device=process.device)
    dist.broadcast(shared, process.first)
    return float(shared)


def all_reduce_together(process: Process, tensors: list[torch.Tensor]) -> list[torch.Tensor]:
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
