"""DVC's command line, whose files are written atomically: `python -m flows.atomic_dvc repro` is `dvc repro`."""

import sys

from dvc.cli import main

from flows.dvc_patches import patch_writes

if __name__ == "__main__":
    patch_writes()
    sys.argv[0] = "dvc"  # DVC's list of locks names the command
    sys.exit(main())
