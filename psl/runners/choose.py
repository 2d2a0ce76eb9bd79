"""The runner that the parameters ask for."""

from psl.cores import cores
from psl.params import ShardsParams
from psl.runners import Runner
from psl.runners.dask import Dask
from psl.runners.here import Here, Threads
from psl.runners.processes import Processes
from psl.runners.ray import Ray


def runner(params: ShardsParams, own_threads: bool, one_device: bool) -> Runner:
    """The runner for work that takes all cores by its `own_threads`, or that this machine has `one_device` for."""
    workers = params.workers or cores()
    if (own_threads and params.runner == "auto") or (one_device and params.runner in ("processes", "threads")):
        return Here()
    if params.runner in ("auto", "processes"):
        return Processes(workers)
    if params.runner == "threads":
        return Threads(workers)
    return (Dask if params.runner == "dask" else Ray)(workers, params.address)
