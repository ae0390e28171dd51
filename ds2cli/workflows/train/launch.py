"""Several training processes on this machine, by torch's elastic launcher: what `torchrun` does, in our own manners."""

import logging
import os
import sys

from torch.distributed.elastic.agent.server.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from ds2cli.errors import Exit


def launch(processes: int, restarts: int, arguments: list[str]) -> int:
    """Run `ds2 ARGUMENTS` in so many processes that train together; returns the exit code for all.

    restarts  how often all of them are started anew after one has died; they go on where the run was saved last

    Each process gets its share of the cores.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // processes, 1)))
    config = LaunchConfig(
        run_id=str(os.getpid()),
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=restarts,
        monitor_interval=0.2,
    )
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # it reports every exit code and signal
    try:
        elastic_launch(config, sys.executable)("-m", "ds2cli", *arguments)
    except SignalException:
        return int(Exit.INTERRUPTED)
    except ChildFailedError as problem:
        codes = [failure.exitcode for failure in problem.failures.values()]
        return next((code for code in codes if code > 0), int(Exit.FAILED))
    return int(Exit.DONE)
