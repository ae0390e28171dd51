"""Our trainer in several gloo processes of one thread each, which take a step when they are told to."""

import multiprocessing
import os
import socket
from multiprocessing.connection import Connection

import numpy as np
from contenders import Ours, Seconds, measured

from ds2cli.config import Config


class Team:
    """Processes that train together on their shares of the same batch."""

    def __init__(self, world: int, config: Config, durations: np.ndarray) -> None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        context = multiprocessing.get_context("spawn")
        pipes = [context.Pipe() for _ in range(world)]
        self._ends = [mine for mine, _ in pipes]
        self._processes = [
            context.Process(target=_work, args=(rank, world, port, theirs, config, durations), daemon=True)
            for rank, (_, theirs) in enumerate(pipes)
        ]
        for process in self._processes:
            process.start()

    def step(self) -> Seconds:
        """CPU seconds of all together, and the wall's of the slowest."""
        for end in self._ends:
            end.send("step")
        took = [end.recv() for end in self._ends]
        return Seconds(sum(one.cpu for one in took), max(one.wall for one in took))

    def close(self) -> None:
        for end in self._ends:
            end.send("stop")
        for process in self._processes:
            process.join()


def _work(rank: int, world: int, port: int, orders: Connection, config: Config, durations: np.ndarray) -> None:
    import torch

    from ds2cli.training.distributed import join_processes, leave

    torch.set_num_threads(1)
    place = {"RANK": rank, "WORLD_SIZE": world, "LOCAL_RANK": rank, "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    ours = Ours(config, durations, "float32", join_processes("cpu"))
    while orders.recv() == "step":
        orders.send(measured(ours))
    leave()
