"""Under pytest-xdist a file's tests run in one worker, and so do all files that copy the finished pipeline.

It takes minutes to make, once for each worker that needs it.
"""

from typing import Any

import pytest

FINISHED = ("tests/test_dag.py", "tests/test_dag_changes.py", "tests/test_dag_params.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of `--dist loadfile`, in which those files are one."""
    from xdist.scheduler import LoadFileScheduling  # here: where xdist is missing, nobody calls

    class ByFixture(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return FINISHED[0] if file in FINISHED else file

    return ByFixture(config, log) if config.getvalue("dist") == "loadfile" else None
