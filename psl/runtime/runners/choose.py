"""The runner that the parameters name."""

from psl.config import ShardsParams
from psl.runtime.cores import cores
from psl.runtime.runners import Runner
from psl.runtime.runners.dask import Dask
from psl.runtime.runners.in_process import Serial, Threads
from psl.runtime.runners.processes import Processes
from psl.runtime.runners.ray import Ray


def choose_runner(params: ShardsParams, own_threads: bool, one_device: bool) -> Runner:
    """The runner of `shards` in params.yaml.

    Args:
        own_threads: the work uses all cores by itself, so `auto` is one job after the other
        one_device: this machine has one device for the work, so only a cluster computes several jobs at once
    """
    workers = params.workers or cores()
    if (own_threads and params.runner == "auto") or (one_device and params.runner in ("processes", "threads")):
        return Serial()
    if params.runner in ("auto", "processes"):
        return Processes(workers)
    if params.runner == "threads":
        return Threads(workers)
    return (Dask if params.runner == "dask" else Ray)(workers, params.address)
