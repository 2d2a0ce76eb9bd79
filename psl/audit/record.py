"""The record of an audit, `audit.json` in its folder: what was heard, by whom, and the queue; its hash names it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psl.audit.queue import QueueRow
from psl.io.files import write_json
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError

RECORD, PAGE, STORE, QUEUE = "audit.json", "audit.html", "audit.duckdb", "queue.csv"
FORMAT = 1
HASH_LETTERS = 12
PLACES = ("folder", "labels")


@dataclass(frozen=True)
class Record:
    """`about` says what was audited: folder, labels and their hash, annotator, windows, classes, control."""

    about: dict[str, Any]
    rows: tuple[QueueRow, ...]

    @property
    def name(self) -> str:
        """The audit in a word, which begins with a letter so that no spreadsheet takes it for a number.

        It does not depend on where the recordings lie.
        """
        about = {key: value for key, value in self.about.items() if key not in PLACES}
        return f"h{hash_json([about, [list(row) for row in self.rows]])[:HASH_LETTERS]}"

    def write(self, folder: Path) -> None:
        """Into the audit's folder."""
        value = {
            "format": FORMAT,
            "audit": self.name,
            "about": self.about,
            "queue": [row._asdict() for row in self.rows],
        }
        write_json(folder / RECORD, value)

    @classmethod
    def read(cls, folder: Path) -> "Record":
        """Raises PslError for a folder without an audit, and for a record that was changed."""
        path = folder / RECORD
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            record = cls(value["about"], tuple(QueueRow(**row) for row in value["queue"]))
            same = value["format"] == FORMAT and value["audit"] == record.name
        except (FileNotFoundError, NotADirectoryError):
            raise PslError(f"{folder} holds no audit: give the folder that `psl audit --out` wrote") from None
        except (ValueError, KeyError, TypeError):
            same = False
        if not same:
            raise PslError(f"{path} is not as psl wrote it: run `psl audit` again, into another folder")
        return record


def require_free(out: Path, folder: Path) -> None:
    """Raise PslError for a target with anything in it, above all another audit, and for one inside the recordings."""
    if (out / RECORD).exists():
        raise PslError(f"{out} holds another audit, and maybe decisions about its queue: give another folder as --out")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PslError(f"{out} exists and is not empty: give a new folder as --out")
    if out.resolve().is_relative_to(folder.resolve()):
        raise PslError(f"{out} lies inside {folder}, among the recordings: give another folder as --out")
