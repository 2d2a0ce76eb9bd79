"""DVC's command line with checks and atomic writes: `python -m flows.atomic_dvc repro` is `dvc repro`."""

import os
import sys

from flows.dvc_patches import patch_runs, patch_writes
from flows.graph import PROJECT, mend_repository
from flows.intact_deps import require_intact
from flows.leftover_processes import REPOSITORY
from psl.io.files import remove_stale_parts
from psl.runtime.errors import exit_with_message


def main() -> None:
    """Do what the command line says, in a repository that is in order; a flow has seen to that before its stages."""
    if REPOSITORY not in os.environ and PROJECT.exists():
        with exit_with_message("dvc"):
            _prepare()
    from dvc.cli import main as run_dvc

    patch_writes()
    patch_runs(require_intact)
    sys.argv[0] = "dvc"  # DVC's list of locks names the command
    sys.exit(run_dvc())


def _prepare() -> None:
    """Mend what killed runs left, and name a fault in params.yaml, before DVC stumbles over either in words of its own.

    Of an unquoted key DVC says that int and str cannot be compared, or leaves its stages out.
    """
    from psl.config.file import read_params  # a third of a second, which each stage of a flow need not wait for
    from tasks.stage import PARAMS

    if PARAMS.exists():
        read_params(PARAMS)
    remove_stale_parts(PROJECT.parent, depth=0)
    mend_repository()


if __name__ == "__main__":
    main()
