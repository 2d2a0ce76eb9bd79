"""Label tracks of Audacity, one for each recording: a person writes the decision behind the `=` of a label."""

import re
from collections.abc import Iterator
from pathlib import Path

from psl.audit.exchange.segments import SOURCE, by_file, file_of
from psl.audit.record import Record
from psl.audit.review import Decision, as_decision
from psl.io.files import atomic_write
from psl.runtime.errors import PslError
from psl.tagging.formats import audacity

SUFFIX = audacity.SUFFIX
LABEL = re.compile(r"(?P<audit>\w+)/(?P<row>\d+) .*=(?P<answer>[^=]*)")


def write(folder: Path, record: Record) -> None:
    """Labels such as `h0123456789ab/7 Dog =`."""
    for file, rows in by_file(record).items():
        named = [segment._replace(name=f"{record.name}/{row.row} {row.name} =") for row, segment in rows]
        with atomic_write(file_of(folder, file, SUFFIX)) as temporary, temporary.open("wb") as handle:
            audacity.write(handle, named, SOURCE)


def read(path: Path, record: Record, by: str) -> Iterator[Decision]:
    """Labels that psl did not write are left out, and so are lines of frequencies, which begin with a backslash."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise PslError(f"{path} is no label track of Audacity: export it as text in UTF-8") from None
    for number, line in enumerate(lines, 1):
        label = LABEL.fullmatch(line.split("\t", 2)[-1].strip())
        if label and not line.startswith("\\"):
            where = f"line {number} of {path}"
            if found := as_decision(record, label["audit"], label["row"], label["answer"], by=by, where=where):
                yield found
