"""A Prefect server on this machine for tests, asked over its REST API as a person's browser would."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests


class Server:
    """A server's address and its process."""

    def __init__(self, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}/api"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        environment |= {"PREFECT_HOME": str(folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui", "--no-services"]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def post(self, path: str, **asked: Any) -> Any:
        answer = requests.post(f"{self.url}/{path}", json=asked, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def rows(self, kind: str, **asked: Any) -> list[dict[str, Any]]:
        """The rows of /KIND/filter."""
        return self.post(f"{kind}/filter", **asked)


@contextmanager
def prefect_server(folder: Path) -> Iterator[Server]:
    pytest.importorskip("prefect", reason="Prefect is not installed")
    server = Server(folder)
    try:
        deadline = time.monotonic() + 120
        while not server.healthy():
            assert time.monotonic() < deadline and server.process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield server
    finally:
        server.stop()
