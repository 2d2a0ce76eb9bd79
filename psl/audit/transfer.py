"""What `psl labels export-queue` and `import-decisions` do: the queue into other programs, and decisions back."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from psl.audit.record import Record
from psl.audit.review import require_agreement, write_review
from psl.io.files import atomic_folder
from psl.runtime.errors import PslError

Program = Literal["audacity", "raven", "label_studio"]


def export_queue(audit: Path, program: Program, out: Path) -> str:
    """Write the queue for a program into a new folder. Raises PslError for one that exists."""
    record = Record.read(audit)
    if out.exists():
        raise PslError(f"{out} exists, and may hold decisions: give another --out")
    with atomic_folder(out) as folder:
        _module(program).write(folder, record)
    return f"{len(record.rows)} windows for {program} in {out}"


def import_decisions(paths: Sequence[Path], audit: Path, program: Program, out: Path, *, by: str) -> str:
    """Write what a program's files decide as a review file.

    Raises PslError, with nothing written, for files of another audit, and decisions that contradict each other.
    """
    record, module = Record.read(audit), _module(program)
    if out.exists():
        raise PslError(f"{out} exists, and psl overwrites no decisions: give another --out")
    files = [file for path in paths for file in _files(path, module.SUFFIX)]
    decisions = [decision for file in files for decision in module.read(file, record, by)]
    if not decisions:
        raise PslError(f"{paths[0]} holds no decision about this audit: write yes, no or unsure there")
    require_agreement(decisions, record)
    write_review(out, record, decisions)
    return f"{len(decisions)} decisions about {len({each.row for each in decisions})} windows in {out}"


def _module(program: Program) -> Any:
    return import_module(f"psl.audit.exchange.{program}")


def _files(path: Path, suffix: str) -> list[Path]:
    """The file, or those of a folder with this suffix."""
    if not path.exists():
        raise PslError(f"{path} does not exist: give a file that the program saved, or a folder of them")
    return sorted(path.rglob(f"*{suffix}")) if path.is_dir() else [path]
