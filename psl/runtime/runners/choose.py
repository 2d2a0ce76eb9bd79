"""The runner that the parameters name."""

from psl.config import ShardsParams
from psl.runtime.cores import at_most_cores
from psl.runtime.memory import workers_that_fit
from psl.runtime.runners import Runner
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import Processes
from psl.runtime.runners.ray import Ray

WORKER_BYTES = 1 << 29  # of a process that decodes and computes features


def choose_runner(params: ShardsParams, in_threads: bool, one_device: bool) -> Runner:
    """The runner of `shards` in params.yaml.

    Args:
        in_threads: threads of this process can do the work side by side, which `auto` prefers to processes
        one_device: this machine has one device for the work, so only a cluster computes several jobs at once
    """
    workers = params.workers if params.address else _local_workers(params.workers)
    if one_device and params.runner in ("auto", "processes", "threads"):
        return Serial()
    if params.runner == "threads" or (params.runner == "auto" and in_threads):
        return Threads(workers)
    if params.runner in ("auto", "processes"):
        return Processes(workers)
    return (Dask if params.runner == "dask" else Ray)(workers, params.address)


def _local_workers(wanted: int) -> int:
    """No more than cores, and than memory, whoever asks for more."""
    return workers_that_fit(at_most_cores(wanted, "shards.workers"), WORKER_BYTES, "workers")
