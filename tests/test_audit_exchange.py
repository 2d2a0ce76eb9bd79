"""The queue in other programs: each file follows the program's own rules, and decisions come back."""

import csv
import json
import re

import pytest
from audit_cases import queue_row, record_of

from psl.audit.exchange import audacity, label_studio, raven
from psl.audit.review import read_reviews
from psl.audit.transfer import export_queue, import_decisions
from psl.runtime.errors import PslError

ROWS = [queue_row(1, start_ms=1500), queue_row(2, "wood/=b.wav", mid="b=c"), queue_row(3, start_ms=500)]


@pytest.fixture
def record(tmp_path):
    record = record_of(*ROWS)
    (tmp_path / "audit").mkdir()
    record.write(tmp_path / "audit")
    return record


@pytest.fixture
def returned(tmp_path, record):
    """Exports for a program, edits one of its files, and reads the decisions that come back."""

    def run(program, file, edit):
        export_queue(tmp_path / "audit", program, tmp_path / "out")
        path = tmp_path / "out" / file
        path.write_text(edit(path.read_text()))
        import_decisions([tmp_path / "out"], tmp_path / "audit", program, tmp_path / "back.csv", by="Ann")
        return [(each.row, each.answer, each.by) for each in read_reviews([tmp_path / "back.csv"], record)]

    return run


def test_audacity_shows_labels_and_gives_decisions_back(returned, record, tmp_path):
    found = returned("audacity", "-a.wav.txt", lambda text: text.replace("Alarm =", "Alarm = No", 1) + "\\\t10\t20\n")
    assert found == [(3, "no", "Ann")]
    lines = (tmp_path / "out/wood/=b.wav.txt").read_text().splitlines()
    assert lines == [f"0.000000\t1.000000\t{record.name}/2 b=c ="]
    times = [line.split("\t")[:2] for line in (tmp_path / "out/-a.wav.txt").read_text().splitlines()[:2]]
    assert times == [["0.500000", "1.500000"], ["1.500000", "2.500000"]]


def test_audacity_labels_of_the_person_are_no_decisions(record, tmp_path):
    path = tmp_path / "track.txt"
    path.write_text(f"0\t1\tmy own = thing\n1\t2\t{record.name}/2 b=c = unsure\n2\t3\t{record.name}/1 Alarm =\n")
    assert [(each.row, each.answer) for each in audacity.read(path, record, "")] == [(2, "unsure")]


def test_raven_opens_the_table_and_gives_decisions_back(returned, record, tmp_path):
    def edit(text):
        head, first, second = text.splitlines()
        seen = first.replace(f"{record.name}\t3\t\t", f"{record.name}\t3\tyes\tBob")
        return "\n".join([head, seen, seen.replace("Spectrogram 1", "Waveform 1"), second]) + "\n"

    assert returned("raven", "-a.wav.selections.txt", edit) == [(3, "yes", "Bob")]
    path = tmp_path / "out/wood/=b.wav.selections.txt"
    (row,) = csv.DictReader(path.open(), delimiter="\t", quoting=csv.QUOTE_NONE)
    assert list(row)[:7] == [*raven.raven.COLUMNS[:7]] and row["Begin File"] == "=b.wav" and row["Class"] == "b=c"
    assert float(row["High Freq (Hz)"]) == 4000 and (row["Audit"], row["Row"]) == (record.name, "2")


def test_label_studio_takes_the_tasks_and_gives_decisions_back(returned, record, tmp_path):
    def edit(text):
        tasks = json.loads(text)
        choice = {"from_name": "decision", "to_name": "audio", "type": "choices", "value": {"choices": ["yes"]}}
        who = {"completed_by": {"id": 3, "email": "a@b.c"}, "result": [{"from_name": "window"}, choice]}
        no = {"completed_by": 4, "result": [choice | {"value": {"choices": ["no"]}}]}
        tasks[1]["annotations"] = [who, no | {"was_cancelled": True}]
        tasks[2]["annotations"] = [no, {"completed_by": 5, "result": []}]
        return json.dumps(tasks)

    assert returned("label_studio", "tasks.json", edit) == [(2, "yes", "a@b.c"), (3, "no", "4")]
    interface = (tmp_path / "out/interface.xml").read_text()
    task = json.loads((tmp_path / "out/tasks.json").read_text())[1]
    (region,) = task["predictions"][0]["result"]
    assert set(re.findall(r"\$(\w+)", interface)) <= set(task["data"])  # variables of the interface are in the data
    assert f'name="{region["from_name"]}" toName="{region["to_name"]}"' in interface
    assert region["value"] == {"start": 0.0, "end": 1.0, "channel": 0, "labels": ["window"]}
    assert task["data"]["audio"] == "/data/local-files/?d=wood/%3Db.wav"


@pytest.mark.parametrize(
    ("module", "text", "cause"),
    [
        (audacity, "0\t1\th000/1 Alarm = yes", "line 1 of .* belongs to the audit h000"),
        (raven, "Selection\tClass\n1\tDog\n", "has no column Audit"),
        (label_studio, '{"a": 1}', "is no export of Label Studio"),
        (label_studio, '[{"data": {}, "annotations": [{}]}]', "is no export of Label Studio"),
    ],
)
def test_files_of_others_are_refused(record, tmp_path, module, text, cause):
    (tmp_path / "file").write_text(text)
    with pytest.raises(PslError, match=cause):
        list(module.read(tmp_path / "file", record, ""))


def test_contradictions_and_files_without_decisions_are_refused(record, tmp_path):
    path, audit = tmp_path / "a.txt", tmp_path / "audit"
    path.write_text(f"0\t1\t{record.name}/1 Alarm = yes\n0\t1\t{record.name}/1 Alarm = no\n")
    with pytest.raises(PslError, match="decisions contradict each other"):
        import_decisions([path], audit, "audacity", tmp_path / "b.csv", by="")
    path.write_text("0\t1\tmine\n")
    with pytest.raises(PslError, match=r"a.txt holds no decision about this audit"):
        import_decisions([path], audit, "audacity", tmp_path / "b.csv", by="")
    path.rename(tmp_path / "b.csv")
    for call in (
        lambda: import_decisions([], audit, "audacity", tmp_path / "b.csv", by=""),
        lambda: export_queue(audit, "raven", audit),
    ):
        with pytest.raises(PslError, match="exists"):
            call()
