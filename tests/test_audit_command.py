"""`psl audit` as people call it: what it writes, what it finds, and what goes wrong as sentences."""

import json
import re
from html.parser import HTMLParser

import duckdb
import pytest
from audit_cases import listener, record, yard
from own_recordings import read_rows

from psl.audit.record import Record
from psl.audit.review import read_reviews


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return listener(tmp_path_factory.mktemp("models") / "tones")


@pytest.fixture
def audit(psl, model, tmp_path):
    """Runs `psl audit FOLDER OPTIONS` in windows of a second into tmp_path/audit."""

    def run(folder, *options, annotator=model):
        fixed = (
            "--annotator",
            annotator,
            "--window",
            1,
            "--device",
            "cpu",
            "--workers",
            1,
            "--out",
            tmp_path / "audit",
        )
        return psl("audit", folder, *fixed, *options)

    return run


def query(folder, sql):
    with duckdb.connect(str(folder / "audit.duckdb"), read_only=True) as store:
        return store.sql(sql).fetchall()


class Links(HTMLParser):
    """Addresses and names of a page."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.names = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("href", "src")]
        self.names |= {value for name, value in attributes if name == "id"}


def test_wrong_and_missing_labels_are_found_with_their_windows(audit, tmp_path):
    (yard(tmp_path / "in") / "Zip/bad.wav").write_bytes(b"no audio")
    code, out, err = audit(tmp_path / "in")
    assert code == 0, err
    assert "12 clips heard; labels that the annotator denies: 1; classes that it hears and the labels lack: 2" in out
    found = query(tmp_path / "audit", "SELECT kind, file, class, end_s - start_s FROM findings ORDER BY kind, file")
    assert found == [
        ("denied", "Alarm/3.wav", "Alarm", 1.0),
        ("missing", "Alarm/3.wav", "Zip", 1.0),
        ("missing", "Zip/2.wav", "Alarm", 1.0),
    ]
    assert query(tmp_path / "audit", "SELECT start_s FROM findings WHERE file = 'Zip/2.wav'") == [(1.0,)]
    ((why,),) = query(tmp_path / "audit", "SELECT why FROM unused")
    assert why == "the audio file Zip/bad.wav cannot be read: Format not recognised"
    assert query(tmp_path / "audit", "SELECT * FROM label_counts ORDER BY n_labels") == [
        (0, 0, 0),
        (1, 12, 11),
        (2, 0, 1),
    ]


def test_the_page_is_whole_in_itself_and_its_links_lead_somewhere(audit, tmp_path):
    folder = yard(tmp_path / "in")
    record(folder / "Cough/-<i>.wav", "Alarm", "Cough")
    audit(folder)
    text = (tmp_path / "audit/audit.html").read_text()
    page, rows = Links(text), Record.read(tmp_path / "audit").rows
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert {address[1:] for address in page.addresses if address[0] == "#"} <= page.names
    assert {f"row-{row.row}" for row in rows} <= page.names and "<i>.wav" not in text
    assert text.count("<audio") == len(rows) and len(text) < 8_000_000
    assert "default-src 'none'" in text and not re.search(r"url\(|@import|@font-face", text)


def test_the_same_data_give_the_same_page_and_queue(audit, tmp_path):
    folder = yard(tmp_path / "in")
    audit(folder)
    (tmp_path / "audit").rename(tmp_path / "first")
    audit(folder)
    for name in ("audit.html", "queue.csv", "audit.json"):
        assert (tmp_path / "audit" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()


def test_parts_of_recordings_have_the_times_of_the_recording(audit, tmp_path):
    record(tmp_path / "in/a.wav", "", "Alarm", "", "Zip", "", "Cough", "", "")
    (tmp_path / "t.csv").write_text(
        "file,start,end,labels\na.wav,1,2,alarm\na.wav,3,5,Alarm\na.wav,5,8,\na.wav,9,10,Zip\n"
    )
    code, _, _ = audit(tmp_path / "in", "--labels", tmp_path / "t.csv")
    assert code == 0
    assert query(tmp_path / "audit", "SELECT start_s FROM scores WHERE class = 'Alarm' AND p > .5") == [(1.0,)]
    assert query(tmp_path / "audit", "SELECT start_s, end_s FROM clips ORDER BY start_s") == [(1, 2), (3, 5), (5, 8)]
    ((why,),) = query(tmp_path / "audit", "SELECT why FROM unused")
    assert "a.wav from 9 to 10 s ends after 8.000 s, before the clip's start at 9.0 s" in why


def test_labels_find_the_annotators_classes_by_a_table(audit, tmp_path):
    for name in ("Alarm", "Zip"):
        for number in range(3):
            record(tmp_path / f"in/my {name}/{number}.wav", name)
    (tmp_path / "c.csv").write_text("own,teacher\nmy Alarm,/m/a\n")
    code, out, _ = audit(tmp_path / "in", "--classes", tmp_path / "c.csv")
    assert code == 0 and "1 of 2 classes are not judged: my Zip (the annotator has no such class)" in out
    assert query(tmp_path / "audit", "SELECT name, clips FROM heard_elsewhere") == [("Zip", 3)]


def test_a_second_audit_and_other_files_are_left_alone(audit, tmp_path):
    folder = yard(tmp_path / "in")
    audit(folder)
    (tmp_path / "audit/queue.csv").write_text("mine")
    assert audit(folder)[0].startswith(f"psl: {tmp_path / 'audit'} holds another audit, and maybe decisions")
    assert (tmp_path / "audit/queue.csv").read_text() == "mine"
    (tmp_path / "audit/audit.json").unlink()
    assert "exists and is not empty" in audit(folder)[0]


def test_what_cannot_be_audited_is_a_sentence_and_nothing_is_written(audit, psl, tmp_path, model):
    (tmp_path / "empty").mkdir()
    assert audit(tmp_path / "empty")[0].startswith(f"psl: the folder {tmp_path / 'empty'} holds no audio file (.wav, ")
    assert "is no folder" in audit(tmp_path / "nowhere")[0]
    record(tmp_path / "in/Mooing/a.wav", "Zip")
    assert audit(tmp_path / "in")[0].startswith("psl: none of the labels (Mooing …) is a class of the annotator")
    (tmp_path / "in/Zip").mkdir()
    (tmp_path / "in/Mooing/a.wav").rename(tmp_path / "in/Zip/a.wav")
    (tmp_path / "in/Zip/a.wav").write_bytes(b"no audio")
    assert audit(tmp_path / "in")[0].startswith("psl: none of the 1 clips could be read: the audio file Zip/a.wav")
    (tmp_path / "t.csv").write_text("file,labels\na.wav,\n")
    assert "has a label that could be audited" in audit(tmp_path / "in", "--labels", tmp_path / "t.csv")[0]
    assert "lies inside" in psl("audit", tmp_path / "in", "--annotator", model, "--out", tmp_path / "in/Zip/x")[0]
    assert not (tmp_path / "audit").exists()


def test_decisions_in_the_queue_become_labels_that_init_takes(audit, psl, tmp_path):
    audit(yard(tmp_path / "in"))
    rows = read_rows(tmp_path / "audit/queue.csv")
    answer = {"denied": "no", "missing": "yes"}
    lines = (tmp_path / "audit/queue.csv").read_text().splitlines()
    said = [
        f"{line[:-1]}{answer.get(row['why'].split(';')[0], '')}," for line, row in zip(lines[1:], rows, strict=True)
    ]
    (tmp_path / "mine.csv").write_text("\n".join([lines[0], *said]))
    assert len(read_reviews([tmp_path / "mine.csv"], Record.read(tmp_path / "audit"))) >= 3
    given = ("--audit", tmp_path / "audit", "--out", tmp_path / "new.csv")
    code, out, _ = psl("labels", "apply", tmp_path / "mine.csv", *given)
    assert code == 0 and "2 of 12 clips have other labels now" in out
    labels = {row["file"]: row["labels"] for row in read_rows(tmp_path / "new.csv")}
    assert labels["Alarm/3.wav"] == "Zip" and labels["Zip/2.wav"] == "Zip;Alarm"
    code, out, _ = psl("init", tmp_path / "in", "--labels", tmp_path / "new.csv")
    assert code == 0 and (tmp_path / "in.corpus/lists/clips.csv").exists(), out


def test_the_store_says_how_it_was_made(audit, tmp_path):
    audit(yard(tmp_path / "in"))
    ((about,),) = query(tmp_path / "audit", "SELECT record FROM provenance")
    assert json.loads(about)["annotator"] == "toy" and json.loads(about)["window_ms"] == 1000
    comments = query(tmp_path / "audit", "SELECT table_name, comment FROM duckdb_tables()")
    assert len(comments) == 10 and all(comment for _, comment in comments)
    (weak,) = query(tmp_path / "audit", "SELECT count(*) FROM clip_labels WHERE weak AND p < .5 AND class = 'Alarm'")
    assert weak == (1,)
