"""What a commit holds: files in git, and those that DVC's cache keeps for it."""

import configparser
import json
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from psl.runtime.errors import PslError

LOCK = "dvc.lock"
DVC = Path(".dvc")
DIR = ".dir"  # ends the hash of a folder, whose object lists its files


class Revision:
    """A commit of the repository in the current folder, as git takes its name. Raises PslError for an unknown one."""

    def __init__(self, name: str) -> None:
        self.name = name
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found is None:
            raise PslError(
                f"{name} is no commit of the repository in {Path.cwd()}: `git log --oneline` lists them, and HEAD is "
                "the last one"
            )
        self.commit = found.strip()

    def __str__(self) -> str:
        return self.name if self.commit.startswith(self.name) else f"{self.name} ({self.commit[:7]})"

    def text(self, path: str) -> str | None:
        """A file in git; None where the commit lacks it."""
        return _git("show", f"{self.commit}:./{path}")

    @cached_property
    def stages(self) -> dict[str, Any]:
        """The stages that dvc.lock records. Raises PslError when there is none."""
        text = self.text(LOCK)
        if text is None:
            raise PslError(f"{self} has no {LOCK}: nothing was run and committed there")
        return (YAML(typ="safe").load(text) or {}).get("stages", {})

    def cached(self, stage: str, path: str) -> Path:
        """The object in DVC's cache of what `stage` reads or writes at `path`: a file, or one in a folder.

        Raises PslError when the stage has no such file, or the cache lacks it.
        """
        entry = self.stages[stage]
        for item in [*entry.get("outs", []), *entry.get("deps", [])]:
            if item["path"] == path:
                return self._object(item["md5"], path)
            if path.startswith(f"{item['path']}/"):
                files = json.loads(self._object(item["md5"], item["path"]).read_bytes())
                inside = {file["relpath"]: file["md5"] for file in files}
                if (name := path.removeprefix(f"{item['path']}/")) in inside:
                    return self._object(inside[name], path)
        raise PslError(f"the stage {stage} of {self} has no {path}")

    def _object(self, md5: str, path: str) -> Path:
        cached = cache_folder() / md5[:2] / md5[2:]
        if not cached.is_file():
            raise PslError(
                f"DVC's cache does not have {path} of {self}: get it with `dvc fetch --all-commits`, or check that "
                "commit out and run `dvc repro`"
            )
        return cached


def cache_folder() -> Path:
    """The folder of objects, where DVC's configuration says so."""
    config = configparser.ConfigParser(interpolation=None)
    folder = DVC / "cache"
    for name in ("config", "config.local"):
        config.read(DVC / name)
        if config.has_option("cache", "dir"):
            folder = DVC / config.get("cache", "dir").strip().strip('"')
            config.remove_option("cache", "dir")
    return folder / "files" / "md5"


def _git(*arguments: str) -> str | None:
    """What git says; None where it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None
