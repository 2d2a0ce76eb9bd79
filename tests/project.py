"""A copy of this repository with tiny parameters, under DVC and git; the whole pipeline takes it seconds."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any

from dvc_forks import run_dvc
from imports import PACKAGES, ROOT
from pytest import MonkeyPatch
from ruamel.yaml import YAML

TESTS = Path(__file__).parent
FILES = (*PACKAGES, "annotators", "presets", "dvc.yaml", ".dvcignore", ".gitignore", "prefect.toml")
EMPTY = "reports/transfer/.gitkeep"  # a dep of transfer_table, in git for those who transfer nothing
COURSE = {"max_steps": 2, "min_steps": 0, "patience_steps": 2, "validation_steps": 2}
LINEAR = {"name": "linear", "width": 1.0, "dropout": 0.3}
SITE = ".dvc/tmp/site"  # what DVC remembers of files
WINDOW = {"window_seconds": 2.0, "hop_seconds": 2.0}
FIRST = "check_params"  # the stage that runs after every change of params.yaml
RUNNING = re.compile(r"Running stage '([^']+)'")


class Project:
    """A folder with the pipeline in it."""

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> "Project":
        """The repository's code with tiny parameters; nothing has run."""
        for name in FILES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        (folder / EMPTY).parent.mkdir(parents=True)
        shutil.copy(ROOT / EMPTY, folder / EMPTY)
        shutil.copy(TESTS / "linear_network.py", folder / "models/linear.py")
        shutil.copy(ROOT / "presets/default.yaml", folder / "params.yaml")
        project = cls(folder)
        project.edit(tiny)
        project.run("git", "init", "--quiet")
        project.run("dvc", "init", "--quiet")
        shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
        shutil.copytree(ROOT / ".dvc/plots", folder / ".dvc/plots")
        return project

    def copy(self, folder: Path) -> "Project":
        """The same, elsewhere."""
        return Project(Path(shutil.copytree(self.folder, folder, symlinks=True)))

    def env(self) -> dict[str, str]:
        """No settings but the project's own."""
        names = {f"GIT_{role}_{key}": "t@t" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        paths = {"PATH": path, "HOME": str(self.folder), "PYTHONPATH": str(self.folder)}
        return names | paths | {"DVC_SITE_CACHE_DIR": str(self.folder / SITE), "OMP_NUM_THREADS": "1"}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run a command here."""
        done = subprocess.run(command, cwd=self.folder, env=self.env(), capture_output=True, text=True)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def dvc(self, *arguments: str) -> str:
        """Run DVC with stages that are forks; what it and they print."""
        log = self.folder / ".dvc/tmp/printed"
        code = run_dvc(self.folder, self.env(), log, *arguments)
        assert code == 0, log.read_text()
        return log.read_text()

    def repro(self, *targets: str) -> set[str]:
        """Run `dvc repro`; the names of the stages whose commands ran, but for FIRST."""
        return set(RUNNING.findall(self.dvc("repro", *targets))) - {FIRST}

    def commit(self) -> None:
        """Commit what git does not ignore."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", "all")

    def reset(self) -> None:
        """Undo all changes since the last commit to what git does not ignore."""
        self.run("git", "checkout", "--quiet", ".")
        self.run("git", "clean", "--quiet", "--force", "-d")

    def stale(self) -> set[str]:
        """The stages that DVC finds changed, but for FIRST; those that only follow from them are not among them."""
        with self._repo() as repo:
            return set(repo.status()) - {FIRST}

    def set_param(self, assignment: str) -> None:
        """Do to params.yaml what `dvc exp run -S ASSIGNMENT` does to it before it runs what is stale."""
        from dvc.utils.cli_parse import to_path_overrides
        from dvc.utils.hydra import apply_overrides

        with chdir(self.folder):
            for path, overrides in to_path_overrides([assignment]).items():
                apply_overrides(path, overrides)

    @contextmanager
    def _repo(self) -> Iterator[Any]:
        """DVC's view of the project, in this process: it takes DVC a second to start."""
        from dvc.repo import Repo

        with chdir(self.folder), MonkeyPatch.context() as patch:
            patch.setenv("DVC_SITE_CACHE_DIR", str(self.folder / SITE))
            with Repo(".") as repo:
                yield repo

    def lock(self) -> dict:
        """The stages of dvc.lock, but for FIRST."""
        stages = _read(self.folder / "dvc.lock")["stages"]
        return {name: stage for name, stage in stages.items() if name != FIRST}

    def params(self) -> dict:
        """What params.yaml says."""
        return _read(self.folder / "params.yaml")

    def edit(self, change: Callable[[dict], None]) -> None:
        """Let `change` alter the parameters."""
        params, writer = self.params(), YAML(typ="safe")
        change(params)
        writer.sort_base_mapping_type_on_output = False
        with (self.folder / "params.yaml").open("w") as file:
            writer.dump(params, file)


def tiny(params: dict[str, Any]) -> None:
    """Two dozen four-second clips, linear networks, two steps, and one other set of shorter clips."""
    corpora = {name: params["corpora"][name] for name in ("scenes", "fsd50k")}
    corpora["scenes"] |= {"clips": {"balanced": 24, "aud300h": 28, "full": 32, "eval": 12}, "clip_seconds": 4.0}
    corpora["fsd50k"] |= {"clips": {"train": 16, "val": 6, "eval": 8}, "clip_seconds": [0.3, 3.0]}
    for corpus in corpora.values():
        corpus["source_groups"] = 2
    params["corpora"] = corpora
    params["shards"]["workers"] = 1
    params["annotators"] = {"annotator": {"kind": "placeholder", "source": "data/metadata/scenes/classes.csv"}}
    for section in ("train_annotator", "train_student"):
        params[section] |= {"architecture": dict(LINEAR), **COURSE}
    params["train_student"]["seeds"] = [1, 2]
    params["students"] = {
        "2": dict(WINDOW),
        "weak": {"targets": "weak"},
        "wide": WINDOW | {"width": 2.0},
        "mix": WINDOW | {"targets": "mix", "alpha": 0.5},
    }
    params["transfers"] = {key: params["transfers"][key] for key in ("fsd50k_annotator", "fsd50k_2")}
    params["transfer"] |= COURSE | {"crop_seconds": 1.0, "hop_seconds": 1.0}
    params["ensembles"] = {"windows": {"models": ["2", "wide"]}}
    params["exports"] = {"wide": params["exports"]["mixed-2"] | {"model": "wide", "seed": 2}}
    params["detect"] |= {"bootstrap_samples": 40, "plotted_clips": 1}
    params["evaluate"]["bootstrap_samples"] = 40


def _read(path: Path) -> dict:
    return YAML(typ="safe").load(path.read_text())
