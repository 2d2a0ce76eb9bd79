"""One thread for torch: the tests' tiny layers lose more to a second one than they gain, above all on a busy machine.

No deadlines for hypothesis either: on a busy machine they fail tests that are right.
"""

import os

import pytest
from hypothesis import settings
from toy_dag import serve

collect_ignore = ["by_sed_scores_eval.py", "make_psds_cases.py"]  # they import what only the extra `reference` brings
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which costs seconds: not here
settings.register_profile("psl", deadline=None)
settings.load_profile("psl")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    """The address of one Prefect server for all tests that need one."""
    process, url = serve(tmp_path_factory.mktemp("prefect"))
    assert url, "Prefect's server did not start"
    yield url
    process.stdin.close()
    process.wait(10)
