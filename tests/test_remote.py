"""Artefacts on a shared disk or in an object store: pushed from one clone, pulled into another, which runs nothing."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from imports import ROOT

BIN = Path(sys.executable).parent
PIPELINE = "stages: {make: {cmd: python make.py, deps: [make.py], outs: [data/made]}}"
MAKE = """\
import pathlib
pathlib.Path("data/made").mkdir(parents=True)
pathlib.Path("data/made/x").write_text("shards")
print("ran")
"""


class Clone:
    """A clone of a small repository with this one's DVC settings."""

    def __init__(self, folder: Path, home: Path):
        self.folder = folder
        plain = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        self.environment = {**plain, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def first_clone(folder: Path, url: str, **options: str) -> Clone:
    folder.mkdir()
    clone = Clone(folder, folder.parent)
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "make.py").write_text(MAKE)
    (folder / ".gitignore").write_text("/data/\n")
    clone.run("git", "init", "--quiet")
    clone.run("dvc", "init", "--quiet")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    clone.run("dvc", "remote", "add", "--default", "shared", url)
    for name, value in options.items():
        clone.run("dvc", "remote", "modify", "shared", name, value)
    return clone


def there_and_back(root: Path, url: str, **options: str) -> None:
    """Make, push, clone, pull; the second clone has the bytes and runs nothing."""
    first = first_clone(root / "first", url, **options)
    assert "ran" in first.run("dvc", "repro")
    first.run("dvc", "push")
    first.run("git", "add", ".")
    first.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "made")
    first.run("git", "clone", "--quiet", str(first.folder), str(root / "second"))
    second = Clone(root / "second", root)
    assert "1 file" in second.run("dvc", "pull")
    assert (second.folder / "data/made/x").read_text() == "shards"
    assert "ran" not in second.run("dvc", "repro") and not second.run("git", "status", "--porcelain")


def test_over_a_shared_disk(tmp_path):
    there_and_back(tmp_path, str(tmp_path / "disk"))
    assert len(list((tmp_path / "disk").rglob("*/*"))) > 0


@pytest.fixture
def s3(tmp_path) -> Iterator[str]:
    """The address of an S3 server on this machine that has the bucket `psl`."""
    pytest.importorskip("dvc_s3", reason="the extra s3 is not installed")
    pytest.importorskip("moto.server", reason="moto[server] is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", port]
        server = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
        )
    try:
        yield _with_bucket(f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait()


def _with_bucket(address: str) -> str:
    for _ in range(300):
        try:
            requests.put(f"{address}/psl", timeout=10).raise_for_status()
            return address
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("no S3 server came up")


def test_over_an_object_store(tmp_path, s3):
    there_and_back(tmp_path, "s3://psl/artefacts", endpointurl=s3)
    assert "artefacts/files/md5" in requests.get(f"{s3}/psl?list-type=2", timeout=10).text
