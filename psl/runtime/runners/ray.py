"""Jobs over a Ray cluster: a running one, by its address, or one of this machine's processes for this run alone."""

import contextlib
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psl.runtime.errors import PslError
from psl.runtime.runners import Job, Result, Work
from psl.runtime.runners.cluster import cluster_unreachable, extra_missing, installation_hash, run_job
from psl.runtime.runners.processes import ONE_THREAD

SECONDS_TO_CONNECT = 15
JOBS_PER_CORE = 2  # submitted at a time, so that the scheduler always has one in store


@dataclass(frozen=True)
class Ray:
    """A psl.runtime.runners.Runner. A job whose worker died is tried three times more; then the job is at fault."""

    workers: int  # of a cluster on this machine; a cluster with an address has its own number
    address: str | None = None
    other_processes: bool = True

    def __call__(
        self, work: Work[Job, Result], jobs: Sequence[Job], cached: Iterable[str] = ()
    ) -> Iterator[tuple[Job, Result | None]]:
        """See Runner. Raises PslError when the cluster cannot be reached."""
        if not jobs:
            return
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError:
            raise extra_missing("ray") from None
        with _cluster(ray, self.workers, self.address) as cores:
            task = ray.remote(num_cpus=1, max_retries=3)(run_job)
            waiting, job_of = iter(jobs), dict[Any, Job]()
            while True:
                for job in islice(waiting, JOBS_PER_CORE * cores - len(job_of)):
                    job_of[task.remote(os.getcwd(), installation_hash(), work, job)] = job
                if not job_of:
                    return
                reference = ray.wait(list(job_of), num_returns=1)[0][0]
                yield job_of.pop(reference), _result(ray, reference)


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.WorkerCrashedError:
        return None
    except ray.exceptions.RayTaskError as error:
        raise error.cause if isinstance(error.cause, Exception) else error from None
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise cluster_unreachable("ray", error) from None


def _check_listening(address: str) -> None:
    """Raise OSError when nothing listens at host:port, which Ray would notice only after minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), SECONDS_TO_CONNECT).close()


@contextlib.contextmanager
def _cluster(ray: Any, workers: int, address: str | None) -> Iterator[int]:
    """Connect to the cluster for the block; yields its number of cores."""
    size = {} if address else {"num_cpus": workers, "include_dashboard": False}
    try:
        _check_listening(address or "")
        ray.init(
            address or "local", log_to_driver=False, logging_level="ERROR", runtime_env={"env_vars": ONE_THREAD}, **size
        )
        cores = int(ray.cluster_resources().get("CPU", 1))
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise cluster_unreachable("ray", error) from None
    try:
        yield cores
    except PslError:
        raise
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise cluster_unreachable("ray", error) from None
    finally:
        ray.shutdown()
