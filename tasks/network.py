"""The stage network@KEY: which network a student is, and a hash of its code: what uses the network depends on both.

A change in models/ makes this stage run, and only what uses a changed network after it.
"""

from psl.config import Params, Plugin, architecture_of
from psl.io.files import write_json
from psl.runtime.code_hash import code_hash
from psl.runtime.progress import log
from tasks import stage


def work(params: Params, key: str) -> None:
    """Write data/networks/KEY.json."""
    student = stage.pick(params.students, "students", key)
    write_network(key, architecture_of(params.train_student, student))


def write_network(key: str, architecture: Plugin) -> None:
    """Write data/networks/KEY.json: name and options of the network, and the hash of its file and what that imports."""
    code = code_hash(f"models.{architecture.name}")
    write_json(stage.NETWORKS / f"{key}.json", {"architecture": architecture.model_dump(), "code_hash": code})
    log(f"{key} is the network {architecture.name}")


if __name__ == "__main__":
    stage.run_key("network", "student", work)
