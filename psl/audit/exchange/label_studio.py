"""Tasks of Label Studio, one for each row of the queue, with its window marked, and the labelling interface for them.

Sounds come from Label Studio's own local file storage: its document root is the folder that was audited.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psl.audit.queue import QueueRow
from psl.audit.record import Record
from psl.audit.review import ANSWERS, Decision, as_decision
from psl.io.files import write_json, write_text
from psl.runtime.errors import PslError

SUFFIX = ".json"
TASKS, INTERFACE = "tasks.json", "interface.xml"
LOCAL = "/data/local-files/?d="
CHOICES = "".join(f'<Choice value="{answer}"/>' for answer in ANSWERS)
XML = f"""<View>
  <Header value="$question"/>
  <Labels name="window" toName="audio"><Label value="window"/></Labels>
  <Audio name="audio" value="$audio"/>
  <Choices name="decision" toName="audio" choice="single" required="true">{CHOICES}</Choices>
</View>
"""


def write(folder: Path, record: Record) -> None:
    """`tasks.json` to import, and `interface.xml` for the project's labelling setup."""
    write_json(folder / TASKS, [_task(record, row) for row in record.rows])
    write_text(folder / INTERFACE, XML)


def _task(record: Record, row: QueueRow) -> dict[str, Any]:
    times = {"start": row.start_ms / 1000, "end": row.end_ms / 1000, "channel": 0, "labels": ["window"]}
    region = {"id": f"row-{row.row}", "from_name": "window", "to_name": "audio", "type": "labels", "value": times}
    question = f"Is {row.name} heard from {times['start']:g} to {times['end']:g} s?"
    data = {"audio": f"{LOCAL}{quote(row.file)}", "question": question, "audit": record.name, "row": row.row}
    said = {"file": row.file, "class": row.name, "p": row.p, "why": row.why}
    return {"data": data | said, "predictions": [{"model_version": record.about["annotator"], "result": [region]}]}


def read(path: Path, record: Record, by: str) -> Iterator[Decision]:
    """The choices of an export as JSON; cancelled annotations are left out.

    Raises PslError for what is no such export.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8"))
        found = [
            (str(task["data"]["audit"]), str(task["data"]["row"]), each, number)
            for number, task in enumerate(tasks, 1)
            for each in task.get("annotations", [])
            if not each.get("was_cancelled")
        ]
        said = [(audit, row, _choice(each), _who(each) or by, number) for audit, row, each, number in found]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PslError(f"{path} is no export of Label Studio for tasks of psl: export the project as JSON") from None
    for audit, row, answer, who, number in said:
        where = f"task {number} of {path}"
        if decision := as_decision(record, audit, row, answer, by=who, where=where):
            yield decision


def _choice(annotation: dict[str, Any]) -> str:
    chosen = [each["value"]["choices"] for each in annotation["result"] if each.get("from_name") == "decision"]
    return str(chosen[-1][0]) if chosen else ""


def _who(annotation: dict[str, Any]) -> str:
    """The e-mail address or number of who decided."""
    who = annotation.get("completed_by", "")
    return str(who.get("email", who.get("id", ""))) if isinstance(who, dict) else str(who)
