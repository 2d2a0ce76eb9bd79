"""Prefect's server: the configured one checked before use, or a temporary one that ends with this process."""

import atexit
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import prefect
import requests
from prefect.context import refresh_global_settings_context
from prefect.settings import get_current_settings

from flows import processes
from flows.proxies import bypass_for_loopback, connection_cause
from psl.runtime.errors import PslError
from psl.runtime.progress import log

HOST = "127.0.0.1"
UNSET = "or unset PREFECT_API_URL, and the flow brings a temporary one"
SECONDS_TO_ANSWER = 5.0
_temporary: set[str] = set()


def configured_url() -> str | None:
    """The address of the server that the user wants flows to report to, such as http://127.0.0.1:4200/api, or None."""
    url = get_current_settings().api.url
    return None if url in _temporary else url


def ensure_server() -> None:
    """Check the configured server, or start a temporary one, which ends after this program has reported to it.

    Raises PslError when the configured server does not answer or the temporary one does not start.
    """
    url = configured_url()
    if url:
        check_server(url)
        return
    log("starting a Prefect server for this run (PREFECT_API_URL would name one that runs already)")
    temporary = running_server(free_port(), ui=False)
    url = temporary.__enter__()
    # Registered before Prefect registers to send its last logs, so the server ends after them.
    atexit.register(temporary.__exit__, None, None, None)
    _temporary.add(url)
    use_server(url)


def use_server(url: str) -> None:
    """Let all of Prefect's threads in this process, and the processes that it starts, report to the server at `url`."""
    os.environ["PREFECT_API_URL"] = url
    refresh_global_settings_context()


def connection_error() -> str | None:
    """Why the server that flows report to cannot be reached any more; None when it can, even if it is busy."""
    try:
        requests.get(f"{get_current_settings().api.url}/health", timeout=SECONDS_TO_ANSWER)
    except requests.ConnectionError as error:
        return type(error).__name__
    except requests.Timeout:
        pass
    return None


def disable_retries() -> None:
    """Let Prefect's client in this process try each request once and not six times: the server is gone."""
    os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "0"
    refresh_global_settings_context()


def check_server(url: str) -> None:
    """Raise PslError unless a Prefect server of our version answers at `url`."""
    bypass_for_loopback()
    try:
        answer = requests.get(f"{url.rstrip('/')}/admin/version", timeout=SECONDS_TO_ANSWER)
    except requests.RequestException as error:
        raise PslError(f"no Prefect server answers at {url} ({connection_cause(error)}): start it, {UNSET}") from None
    try:
        version = str(answer.json()) if answer.ok else ""
    except requests.JSONDecodeError:
        version = ""
    if not version:
        raise PslError(f"what answers at {url} is no Prefect server: correct PREFECT_API_URL, {UNSET}")
    if version != prefect.__version__:
        raise PslError(
            f"the server at {url} is Prefect {version} and not {prefect.__version__}: "
            f"start one from this environment, {UNSET}"
        )


@contextmanager
def running_server(port: int, ui: bool) -> Iterator[str]:
    """Run a server with this repository's Prefect home on loopback for the block; yields its API's address.

    It also ends with this process, however that ends.

    Raises PslError when the port is taken or the server does not start.
    """
    require_free(port)
    bypass_for_loopback()
    url = f"http://{HOST}:{port}/api"
    process = processes.start(_command(port), _environment(port, ui))
    try:
        _wait_until_healthy(url, process)
        yield url
    finally:
        processes.kill_group(process)


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Raise PslError when this user may not listen on the port, or another process does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            raise PslError(f"there is no port {port}: choose one below 65536") from None
        except PermissionError:
            raise PslError(f"port {port} needs administrator rights: choose one above 1023") from None
        except OSError:
            raise PslError(f"port {port} on {HOST} is taken: stop what listens there, or choose another port") from None


def _command(port: int) -> list[str]:
    app = ["--app-dir", str(prefect.__module_path__.parent), "--factory", "prefect.server.api.server:create_app"]
    return [
        sys.executable,
        "-m",
        "uvicorn",
        *app,
        "--host",
        HOST,
        "--port",
        str(port),
        "--log-level",
        "error",
        "--lifespan",
        "on",
    ]


def _environment(port: int, ui: bool) -> dict[str, str | None]:
    """Our settings and the server's own address, for its UI; a temporary server runs no services for deployments."""
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    address = {
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_UI_ENABLED": str(ui),
    }
    kind = {"PREFECT__SERVER_FINAL": "1", "PREFECT__SERVER_EPHEMERAL": None if ui else "1"}
    return {**settings, "PREFECT_API_URL": None, **address, **kind}


def _wait_until_healthy(url: str, process: processes.Process) -> None:
    """Return when the API answers; a start migrates the database, which takes seconds."""
    last_line: deque[str] = deque(maxlen=1)
    threading.Thread(target=lambda: last_line.extend(filter(str.strip, process.stdout or ())), daemon=True).start()
    began, cause = time.monotonic(), ""
    while time.monotonic() < began + _patience_seconds() and process.poll() is None:
        try:
            answer = requests.get(f"{url}/health", timeout=SECONDS_TO_ANSWER)
            if answer.ok:
                return
            cause = f" (it answered {answer.status_code})"
        except requests.RequestException as error:
            cause = f" ({connection_cause(error)})"
        time.sleep(0.05)
    reason = f": {last_line[0].strip()}" if last_line else cause
    waited = f"in {time.monotonic() - began:.0f} s"
    raise PslError(
        f"Prefect's server at {url} did not start {waited}{reason}: "
        f"check the disk and {get_current_settings().home}, and run again"
    )


def _patience_seconds() -> float:
    """How long a start may take: what Prefect's settings say, times the programs that wait for each core."""
    per_core = os.getloadavg()[0] / (os.cpu_count() or 1)
    return get_current_settings().server.ephemeral.startup_timeout_seconds * max(1.0, per_core)
