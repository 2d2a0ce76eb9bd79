"""Who computes shards, and how many networks train at once.

No result depends on it, so no stage names it: changing it re-runs nothing.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed


class ShardsParams(Closed):
    """The runner of the shards of features and annotation, and the trainings of a stage that run side by side."""

    runner: Literal["auto", "processes", "threads", "dask", "ray"]  # auto: features by processes, annotation by threads
    workers: Annotated[int, Field(ge=0)]  # 0 = one per core
    trainings: Annotated[int, Field(ge=0)] = 0  # seeds that train at once; 0 = one per core, and one on a GPU
    address: (
        str | None
    )  # of a Dask or Ray cluster that is there; null = one of this machine's processes, for each stage

    @model_validator(mode="after")
    def _possible(self) -> "ShardsParams":
        if self.address is not None and self.runner not in ("dask", "ray"):
            raise ValueError(f"address {self.address} belongs to runner: dask or ray, and runner is {self.runner}")
        return self
