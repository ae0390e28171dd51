"""Two processes that train together, as torchrun would start them."""

import os
import socket
import tempfile
from collections.abc import Callable

import torch

from ds2cli.training.distributed import join_processes, leave


def in_two_processes(work: Callable, *arguments: object) -> list:
    """What work(process, *arguments) returned in each of them; it must be a function of a module."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(_one_of_two, (port, folder, work, arguments), nprocs=2)
        return [torch.load(f"{folder}/{rank}.pt", weights_only=False) for rank in range(2)]


def _one_of_two(rank: int, port: int, folder: str, work: Callable, arguments: tuple) -> None:
    torch.set_num_threads(1)
    place = {"RANK": rank, "WORLD_SIZE": 2, "LOCAL_RANK": rank, "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    answer = work(join_processes("cpu"), *arguments)
    leave()
    torch.save(answer, f"{folder}/{rank}.pt")
