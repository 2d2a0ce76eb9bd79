"""Where the page's numbers come from: for each file of numbers, the stage that wrote it and the hash of its bytes.

The hash is the one in dvc.lock, by which `python -m tasks.lineage` finds the rest: commit, parameters, time, machine.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from psl.report.sections import Section

TEXT = (
    "Each file of numbers, the stage that wrote it, and the MD5 of its bytes, as in dvc.lock. `python -m tasks.lineage "
    "STAGE` says the rest: the commit, the parameters and files that the stage read, with their hashes, how long it "
    "took and on which machine."
)


def lineage_section(files: Mapping[str, Path]) -> Section:
    """The section; `files` by the names of their stages."""
    rows = [
        {"numbers": path.as_posix(), "stage": stage, "MD5": hashlib.md5(path.read_bytes()).hexdigest()}
        for stage, path in files.items()
    ]
    return Section("Where the numbers come from", TEXT, rows, None, folded=True)
