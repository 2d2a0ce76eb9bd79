"""A dvc.lock that was cut while DVC wrote it: found before a run, and mended from git.

DVC empties dvc.lock and writes it anew after each stage. A kill or Ctrl-C in between leaves a part, which may be valid
YAML: then DVC forgets in silence what had been done. Here the entries that are whole are kept, and lost ones come from
the last commit. That these may be older does no harm: DVC compares each with what is there, and takes what ran since
from its cache of runs.
"""

import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Set
from pathlib import Path

from flows.dvc_patches import LOCK
from psl.config.yaml_read import OPEN_MERGE
from psl.io.files import write_text
from psl.runtime.errors import PslError
from psl.runtime.progress import log

CUT = Path(".dvc/tmp/dvc.lock.cut")
HEADER = "schema: '2.0'\nstages:\n"
ENTRY = re.compile(r"^  (?=\S)", re.MULTILINE)  # the first line of an entry alone is indented by two


def mend_cut_lock(stage_names: Callable[[], Iterable[str]]) -> bool:
    """Whether dvc.lock was cut, and is mended now; the repository is locked.

    `stage_names` gives the stages of the graph, and raises DvcException where DVC cannot read dvc.lock. What was cut is
    kept as CUT. Raises PslError for a merge that git left open.
    """
    if not LOCK.exists():
        return False
    text = LOCK.read_text(encoding="utf-8", errors="replace")
    if OPEN_MERGE.search(text):
        raise PslError(
            f"{LOCK} holds a merge that git left open: `git checkout --theirs {LOCK}` (or --ours), and run again: "
            "stages that the other side changed run, or come from DVC's cache"
        )
    found, committed = _entries(text), _entries(_committed())
    if _is_readable(stage_names) and not _is_part(found, committed, set(stage_names())):
        return False
    write_text(CUT, text)
    kept = dict(list(found.items())[:-1])  # the last one may be cut, too
    if merged := {**committed, **kept}:
        write_text(LOCK, HEADER + "".join(merged.values()))
    else:
        LOCK.unlink()
    log(
        f"{LOCK} was cut while DVC wrote it: {len(kept)} entries are kept, {len(merged) - len(kept)} come from the "
        f"last commit, and what ran since from DVC's cache ({CUT} is what was left)"
    )
    return True


def _is_readable(stage_names: Callable[[], Iterable[str]]) -> bool:
    from dvc.exceptions import DvcException

    try:
        stage_names()
    except DvcException as error:
        if str(LOCK) in str(error):
            return False
        raise
    return True


def _is_part(found: Mapping[str, str], committed: Mapping[str, str], names: Set[str]) -> bool:
    """Whether entries of the graph's stages are lost, or the last one ends where the committed one goes on."""
    if (committed.keys() - found.keys()) & names:
        return True
    last = next(reversed(list(found)), "")
    whole = committed.get(last, "")
    return whole != found.get(last, "") and whole.startswith(found[last])


def _entries(text: str) -> dict[str, str]:
    """The lines of each stage, by its name."""
    blocks = ENTRY.split(text)[1:]
    return {block.partition(":\n")[0].strip("'\""): f"  {block}" for block in blocks}


def _committed() -> str:
    """dvc.lock of the last commit; empty where there is none."""
    try:
        shown = subprocess.run(["git", "show", f"HEAD:./{LOCK}"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return shown.stdout if shown.returncode == 0 else ""
