"""What it costs to show shards in Prefect: seconds of CPU a shard, of client and server together.

`python -m benchmarks.shard_runs`; target ≤ .100 s. The other lines are for comparison: no Prefect, and Prefect's own
engine (`@task`, submitted in a `@flow`).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from psl.config.file import read_params
from tasks.shard_runs import shard_runner

PORT = 4297
URL = f"http://127.0.0.1:{PORT}/api"


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shards", type=int, default=1000)
    parser.add_argument("--way", choices=WAYS, help="only compute in this process, for the one that measures")
    options = parser.parse_args()
    if options.way:
        WAYS[options.way](options.shards)
        return
    with tempfile.TemporaryDirectory() as folder:
        server = _server(Path(folder))
        try:
            for way in WAYS:
                _measure(way, options.shards, server.pid)
        finally:
            server.kill()
            server.wait()


def _runner(shards: int) -> None:
    with shard_runner(read_params(Path("presets/default.yaml")), "benchmark", own_threads=True) as runner:
        for _ in runner(str, range(shards)):
            pass


def _engine(shards: int) -> None:
    from prefect import flow, task
    from prefect.task_runners import ThreadPoolTaskRunner

    @task(name="shard", persist_result=False)
    def work(number: int) -> str:
        return str(number)

    @flow(name="shards", task_runner=ThreadPoolTaskRunner(max_workers=2))
    def shards_flow() -> None:
        for future in [work.submit(number) for number in range(shards)]:
            future.wait()

    shards_flow()


WAYS = {"without Prefect": _runner, "with Prefect": _runner, "Prefect's engine": _engine}


def _measure(way: str, shards: int, server: int) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = (
        plain if way == "without Prefect" else {**plain, "PREFECT_API_URL": URL, "PREFECT_LOGGING_LEVEL": "ERROR"}
    )
    client_s, server_s, began = _children(), _cpu(server), time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.shard_runs", "--way", way, "--shards"]
    subprocess.run([*command, str(shards)], check=True, env=environment)
    wall_s = time.perf_counter() - began
    _until_quiet(server)  # it writes events down a little later
    client_s, server_s = _children() - client_s, _cpu(server) - server_s
    each = (client_s + server_s) / shards
    print(
        f"{way:17} {shards} shards {wall_s:6.1f} s; CPU: client {client_s:5.1f} s, server {server_s:5.1f} s, "
        f"{each:.4f} s a shard",
        flush=True,
    )


def _until_quiet(pid: int) -> None:
    before = -1.0
    while _cpu(pid) - before > 0.1:
        before = _cpu(pid)
        time.sleep(5)


def _children() -> float:
    return os.times().children_user + os.times().children_system


def _cpu(pid: int) -> float:
    """Seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _server(folder: Path) -> subprocess.Popen:
    environment = {
        **os.environ,
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_API_PORT": str(PORT),
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(PORT),
        "--no-ui",
    ]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{URL}/health", timeout=2)
            return server
        except OSError:
            time.sleep(0.2)
    server.kill()
    raise SystemExit("no Prefect server came up")


if __name__ == "__main__":
    main()
