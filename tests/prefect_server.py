"""A Prefect server on this machine for tests, asked over its REST API as a browser does."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests
from imports import ROOT
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

SERVE = """
import sys
from flows.server import free_port, running_server
with running_server(free_port(), ui=False) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
# A new database migrates for six seconds: a machine's first test run keeps an empty one of this version of Prefect.
EMPTY = Path(tempfile.gettempdir()) / f"psl-tests-{os.getuid()}-prefect-{version('prefect')}.db"

WHILE_BUSY = Retry(  # 503: SQLite was locked
    total=None, connect=0, read=0, status=6, status_forcelist=[503], allowed_methods=None, backoff_factor=0.2
)


class Server:
    """A server's address, and the process that it ends with."""

    def __init__(self, url: str, process: subprocess.Popen | None = None):
        self.url, self.process = url, process

    def post(self, path: str, **body: Any) -> Any:
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=WHILE_BUSY))
            answer = session.post(f"{self.url}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def rows(self, kind: str, **body: Any) -> list[dict[str, Any]]:
        """The rows of /KIND/filter."""
        return self.post(f"{kind}/filter", **body)


@contextmanager
def prefect_server(home: Path) -> Iterator[Server]:
    """Run a server with its database in `home` for the block."""
    shutil.copy(ROOT / "prefect.toml", home)
    add_database(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=home,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        url = process.stdout.readline().strip()
        assert url, "Prefect's server did not start"
        if not EMPTY.exists():
            _keep_empty(home / ".prefect/prefect.db")
        yield Server(url, process)
        process.stdin.close()


def add_database(home: Path) -> None:
    """Give a server that will run in `home` a database that need not migrate, if this machine has one."""
    if EMPTY.exists():
        (home / ".prefect").mkdir(exist_ok=True)
        shutil.copy(EMPTY, home / ".prefect/prefect.db")


def _keep_empty(database: Path) -> None:
    temporary = EMPTY.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(temporary)) as target:
        source.backup(target)
    temporary.replace(EMPTY)
