"""Prefect's server: the configured one checked before use, or a temporary one that ends with this process."""

import atexit
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import prefect
import requests
from prefect.context import refresh_global_settings_context
from prefect.settings import get_current_settings

from flows import processes
from psl.errors import PslError

HOST = "127.0.0.1"
UNSET = "or unset PREFECT_API_URL, and the flow brings a temporary one"
SECONDS_TO_ANSWER = 5.0
_temporary: set[str] = set()


def configured() -> str | None:
    """The address of the server that the user wants flows to report to, such as http://127.0.0.1:4200/api, or None."""
    url = get_current_settings().api.url
    return None if url in _temporary else url


def use_a_server() -> None:
    """Make sure of the configured server, or start a temporary one that ends when this program has told it all. Raises PslError."""
    url = configured()
    if url:
        check(url)
        return
    temporary = serving(free_port(), ui=False)
    url = temporary.__enter__()
    atexit.register(temporary.__exit__, None, None, None)  # before Prefect registers to send its last logs: so it ends after them
    _temporary.add(url)
    use(url)


def use(url: str) -> None:
    """Let this program, with all threads of Prefect's, and those that it starts, report to the server at `url`."""
    os.environ["PREFECT_API_URL"] = url
    refresh_global_settings_context()


def lost() -> str | None:
    """Why the server that flows report to does not answer any more; None while it does, or is busy."""
    try:
        requests.get(f"{get_current_settings().api.url}/health", timeout=SECONDS_TO_ANSWER)
    except requests.ConnectionError as error:
        return type(error).__name__
    except requests.Timeout:
        pass
    return None


def stop_asking() -> None:
    """Let Prefect's client in this program ask once, and not six times: the server is lost."""
    os.environ["PREFECT_CLIENT_MAX_RETRIES"] = "0"
    refresh_global_settings_context()


def check(url: str) -> None:
    """Raise PslError unless a Prefect server of our version answers at `url`."""
    try:
        answer = requests.get(f"{url.rstrip('/')}/admin/version", timeout=SECONDS_TO_ANSWER)
    except requests.RequestException as error:
        raise PslError(f"no Prefect server answers at {url} ({type(error).__name__}): start it, {UNSET}") from None
    try:
        theirs = str(answer.json()) if answer.ok else ""
    except requests.JSONDecodeError:
        theirs = ""
    if not theirs:
        raise PslError(f"what answers at {url} is no Prefect server: see what PREFECT_API_URL should be, {UNSET}")
    if theirs != prefect.__version__:
        raise PslError(f"the server at {url} is Prefect {theirs} and not {prefect.__version__}: start one from this environment, {UNSET}")


@contextmanager
def serving(port: int, ui: bool) -> Iterator[str]:
    """A server of this repository's Prefect home on loopback, until the block or this process ends. Yields its API's address.

    Raises PslError when the port is taken or the server does not start.
    """
    require_free(port)
    url = f"http://{HOST}:{port}/api"
    process = processes.start(_command(port), _environment(port, ui))
    try:
        _await(url, process)
        yield url
    finally:
        processes.end(process)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """Raise PslError when nobody may listen on the port, or somebody does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            raise PslError(f"there is no port {port}: choose one below 65536") from None
        except PermissionError:
            raise PslError(f"port {port} is not for everybody: choose one above 1023") from None
        except OSError:
            raise PslError(f"port {port} on {HOST} is taken: stop what listens there, or choose another port") from None


def _command(port: int) -> list[str]:
    app = ["--app-dir", str(prefect.__module_path__.parent), "--factory", "prefect.server.api.server:create_app"]
    return [sys.executable, "-m", "uvicorn", *app, "--host", HOST, "--port", str(port), "--log-level", "error", "--lifespan", "on"]


def _environment(port: int, ui: bool) -> dict[str, str | None]:
    """Our settings, with the UI's idea of where the API is; a temporary server does without the services of deployments."""
    ours = get_current_settings().to_environment_variables(exclude_unset=True)
    its = {"PREFECT_SERVER_API_HOST": HOST, "PREFECT_SERVER_API_PORT": str(port), "PREFECT_SERVER_UI_ENABLED": str(ui)}
    kind = {"PREFECT__SERVER_FINAL": "1", "PREFECT__SERVER_EPHEMERAL": None if ui else "1"}
    return {**ours, "PREFECT_API_URL": None, **its, **kind}


def _await(url: str, process: processes.Process) -> None:
    """Return when the API answers; a start migrates the database, which takes seconds."""
    last: deque[str] = deque(maxlen=1)
    threading.Thread(target=lambda: last.extend(filter(str.strip, process.stdout or ())), daemon=True).start()
    until = time.monotonic() + get_current_settings().server.ephemeral.startup_timeout_seconds
    while time.monotonic() < until and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(f"{url}/health", timeout=SECONDS_TO_ANSWER).ok:
                return
        time.sleep(0.05)
    told = f": {last[0].strip()}" if last else ""
    raise PslError(f"Prefect's server at {url} did not start{told}: see the disk and {get_current_settings().home}, and run again")
