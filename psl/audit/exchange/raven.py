"""Selection tables of Raven, one for each recording, with columns Audit, Row, Decision and By behind Raven's own."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from psl.audit.exchange.segments import SOURCE, by_file, file_of
from psl.audit.record import Record
from psl.audit.review import Decision, as_decision
from psl.io.files import atomic_write
from psl.runtime.errors import PslError
from psl.tagging.formats import raven

SUFFIX = raven.SUFFIX
ADDED = ("Audit", "Row", "Decision", "By")


def write(folder: Path, record: Record) -> None:
    """Selections over the band that the annotator hears."""
    source = SOURCE._replace(high_hz=record.about["rate_hz"] / 2)
    for file, rows in by_file(record).items():
        handle = io.BytesIO()
        raven.write(handle, [segment for _, segment in rows], source)
        more = [ADDED, *((record.name, str(row.row), "", "") for row, _ in rows)]
        lines = zip(handle.getvalue().decode().splitlines(), more, strict=True)
        with atomic_write(file_of(folder, file, SUFFIX)) as temporary:
            temporary.write_text("".join("\t".join([line, *cells]) + "\n" for line, cells in lines), encoding="utf-8")


def read(path: Path, record: Record, by: str) -> Iterator[Decision]:
    """A selection that Raven lists for several views counts once. Raises PslError for a table without ADDED."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PslError(f"{path} is no selection table: save it in UTF-8") from None
    table = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
    if missing := set(ADDED[:3]) - set(table.fieldnames or ()):
        raise PslError(f"{path} has no column {sorted(missing)[0]}: save it with all columns that it had")
    found: dict[tuple[str, str], Decision] = {}
    for said in table:
        where, who = f"line {table.line_num} of {path}", said.get("By", "").strip() or by
        decision = as_decision(record, said["Audit"], said["Row"].strip(), said["Decision"], by=who, where=where)
        if decision:
            found[said["Row"], decision.answer] = decision
    yield from found.values()
