"""An ordered list of classes with a hash: models, labels and scores carry it, and a mismatch names both owners."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from psl.io.files import atomic_write
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError

HEADER = ["index", "mid", "display_name"]


@dataclass(frozen=True)
class Vocabulary:
    """Classes in their order: `mids` are AudioSet's machine ids (or any unique ids), `names` are for people."""

    mids: tuple[str, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.mids:
            raise PslError("a vocabulary needs at least one class")
        if len(self.mids) != len(self.names):
            raise PslError(f"a vocabulary needs as many names as ids, not {len(self.names)} for {len(self.mids)}")
        duplicates = sorted({mid for mid in self.mids if self.mids.count(mid) > 1})
        if duplicates:
            raise PslError(f"the vocabulary lists {', '.join(duplicates)} more than once")

    def __len__(self) -> int:
        return len(self.mids)

    @cached_property
    def index(self) -> dict[str, int]:
        """Class number of each mid."""
        return {mid: number for number, mid in enumerate(self.mids)}

    @cached_property
    def hash(self) -> str:
        """Hash of the ids in their order; the names do not count."""
        return hash_json(self.mids)

    def only(self, numbers: Sequence[int]) -> "Vocabulary":
        """The classes with these numbers, in this order. Raises PslError for none."""
        return Vocabulary(tuple(self.mids[n] for n in numbers), tuple(self.names[n] for n in numbers))

    def require_same(self, other: "Vocabulary", ours: str, theirs: str) -> None:
        """Raise PslError unless both list the same ids in the same order; `ours` and `theirs` name their owners."""
        if self.hash == other.hash:
            return
        missing, extra = set(self.mids) - set(other.mids), set(other.mids) - set(self.mids)
        detail = (
            f"{len(missing)} classes missing and {len(extra)} extra"
            if missing or extra
            else "same classes in another order"
        )
        raise PslError(
            f"the vocabulary of {theirs} ({len(other)} classes, hash {other.hash[:8]}) is not that of {ours} "
            f"({len(self)} classes, hash {self.hash[:8]}): {detail}; train or import one for this vocabulary"
        )

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Read the layout of AudioSet's class_labels_indices.csv: `index,mid,display_name` with a header.

        A byte-order mark before it, as spreadsheets write, does not count. Raises PslError that names the file when it
        is missing, has another layout, or lists an id twice.
        """
        try:
            with path.open(newline="", encoding="utf-8-sig") as handle:
                rows = list(csv.reader(handle, strict=True, skipinitialspace=True))
        except FileNotFoundError:
            raise PslError(f"the class list {path} does not exist") from None
        except UnicodeDecodeError as error:
            raise PslError(f"the class list {path} is not text in UTF-8 ({error.reason}): save it as UTF-8") from None
        except csv.Error as error:
            raise PslError(f"the class list {path} has a quote that does not fit ({error}): mend it") from None
        if not rows or rows[0] != HEADER:
            raise PslError(f"the class list {path} must begin with the line {','.join(HEADER)}")
        bad = [number for number, row in enumerate(rows[1:], 2) if len(row) != 3 or row[0] != str(number - 2)]
        if bad:
            unquoted = ": put a name that has commas into quotes" if len(rows[bad[0] - 1]) > 3 else ""
            raise PslError(
                f"line {bad[0]} of the class list {path} is not `index,mid,display_name` with index {bad[0] - 2}"
                f"{unquoted}"
            )
        try:
            return cls(tuple(row[1] for row in rows[1:]), tuple(row[2] for row in rows[1:]))
        except PslError as error:
            raise PslError(f"the class list {path} is refused: {error}") from None

    def write(self, path: Path) -> None:
        """Write the layout that `read` reads."""
        with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows([i, mid, name] for i, (mid, name) in enumerate(zip(self.mids, self.names, strict=True)))
