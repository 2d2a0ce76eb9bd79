"""Labels as a table or as class folders: what cannot be understood is a fault with its line or folder."""

import csv
import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_recordings import request, table, tone

from psl.corpora.custom.check import check
from psl.corpora.custom.recordings import audio_files
from psl.corpora.custom.table import BEHIND_QUOTE, STRAY_TEXT, read_class_folders, read_table
from psl.runtime.errors import PslError


def faults_of(folder):
    """The faults of class folders."""
    faults = []
    read_class_folders(folder, faults)
    return faults


def test_a_quote_that_is_not_closed_is_named_with_the_line_where_it_opens(tmp_path):
    text = 'file,labels\na.wav,"Dog\nb.wav,Cat"\nc.wav\nd.wav,"Cat;Dog"\ne.wav,"Dog\nf.wav,Cat\n'
    (tmp_path / "labels.csv").write_text(text)
    faults = []
    assert [row.file for row in read_table(tmp_path / "labels.csv", faults)] == ["d.wav"]
    assert [fault.split(" of ")[0] for fault in faults] == ["line 2", "line 4", "line 6"]
    assert ["has a quote that is not closed" in fault for fault in faults] == [True, False, True]


def test_a_quote_that_takes_in_a_long_table_is_named_with_its_line(tmp_path):
    rows = "".join(f"{number:09}.wav,Cat\n" for number in range(10_000))
    (tmp_path / "labels.csv").write_text(f'file,labels\na.wav,Dog\nb.wav,"Dog\n{rows}')
    with pytest.raises(PslError, match=r"^line 3 of .*labels\.csv has a quote that is not closed in that line: close"):
        read_table(tmp_path / "labels.csv", [])
    (tmp_path / "labels.csv").write_text('"file,labels\na.wav,Dog\n')
    with pytest.raises(PslError, match=r"^line 1 of .*labels\.csv has a quote that is not closed in that line"):
        read_table(tmp_path / "labels.csv", [])


@pytest.mark.parametrize("row", ['a.wav,"Dog"x', ' "a.wav" ,"Dog ""big""" x', '"a, b.wav"c,Dog', ',"Dog"x'])
def test_text_behind_a_closing_quote_is_a_fault(tmp_path, row):
    (tmp_path / "labels.csv").write_text(f"file,labels\n{row}\n")
    assert read_table(tmp_path / "labels.csv", faults := []) == []
    assert faults == [f"line 2 of {tmp_path}/labels.csv {STRAY_TEXT}"]


@given(st.lists(st.text('a",; \t', max_size=6), min_size=2, max_size=2))
def test_what_a_program_writes_has_no_text_behind_a_quote(cells):
    csv.writer(text := io.StringIO()).writerow(cells)
    assert not BEHIND_QUOTE.match(text.getvalue())


def test_rows_of_another_length_are_named_with_what_helps_each(tmp_path):
    faults = []
    path = table(tmp_path / "recordings", ["a.wav,Dog,", "b.wav", "c.wav,Dog,Cat", "d.wav,Cat, ,"])
    assert [(row.file, row.labels) for row in read_table(path, faults)] == [("a.wav", "Dog"), ("d.wav", "Cat")]
    assert faults == [
        f"line 3 of {path} has 1 cell and its header 2: write a comma for each empty cell, too",
        f"line 4 of {path} has 3 cells and its header 2: put labels with commas in quotes",
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_named_with_the_line(tmp_path, encoding):
    (tmp_path / "labels.csv").write_bytes("file,labels\na.wav,Löwe\n".encode(encoding))
    line = 2 if encoding == "latin-1" else 1
    with pytest.raises(PslError, match=rf"^line {line} of the table .* is not text in UTF-8: save the table as UTF-8$"):
        read_table(tmp_path / "labels.csv", [])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("name,labels", [], "must begin with a line that names the columns file and labels, not 'name,labels'"),
        ("file,labels", ["a\0b.wav,\udcff"], "line 2 of the table .* is not text in UTF-8"),
        ("file,labels", [], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-B.wav is not in"),
        ("file,labels", ["Dog/1-0-B.wav,"], "(?s)nothing was written, .* has 12 faults:.*Dog/1-0-B.wav has no label"),
    ],
)
def test_a_table_that_lists_no_labels_is_refused(recordings, header, rows, message):
    labels = table(recordings, [], header)
    labels.write_bytes(labels.read_bytes() + "\n".join(rows).encode(errors="surrogateescape"))
    with pytest.raises(PslError, match=message):
        check(request(recordings, labels))


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(PslError, match=r"the table .*nowhere does not exist: give a CSV"):
        read_table(tmp_path / "nowhere", [])


def test_a_recording_in_no_class_folder_is_a_fault(recordings):
    tone(recordings / "loose.wav", 50)
    assert faults_of(recordings) == [
        "loose.wav lies in no class folder: make one folder a class, or give --labels",
    ]


def test_a_class_folder_without_audio_is_a_fault(recordings):
    (recordings / "Fox").mkdir()
    (recordings / "Cow").symlink_to(recordings / "Dog")  # the second way into one folder
    assert faults_of(recordings) == [
        "the class folders Dog and Cow are one folder: remove the link",
        "the class folder Fox holds no audio file: add some, or move it away",
    ]


def test_a_class_folder_that_is_a_broken_link_is_a_fault(recordings, tmp_path):
    (recordings / "Fox").symlink_to(tmp_path / "nowhere")
    assert faults_of(recordings) == ["the link Fox leads nowhere: mend or remove it"]


def test_a_name_that_no_list_can_hold_is_a_fault(recordings):
    os.link(recordings / "Dog/1-0-B.wav", os.fsencode(recordings) + b"/Dog/h\xfcnd.wav")
    assert faults_of(recordings) == ["the name of the file Dog/h\\udcfcnd.wav is not UTF-8: rename it"]


def test_audio_of_every_kind_counts_also_in_linked_folders(recordings, tmp_path):
    tone(tmp_path / "elsewhere/f.wav", 61)
    (recordings / "Fox").symlink_to(tmp_path / "elsewhere")
    for name in ("Bird/a.M4A", "Bird/b.webm", "Bird/c.aiff", ".hidden/d.wav", "Dog/note.txt"):
        (recordings / name).parent.mkdir(exist_ok=True)
        (recordings / name).touch()
    (recordings / "Dog/lost.wav").symlink_to(tmp_path / "nowhere")
    faults = []
    files = [file for file in audio_files(recordings, faults) if "1-" not in file]
    assert files == ["Bird/a.M4A", "Bird/b.webm", "Bird/c.aiff", "Dog/lost.wav", "Fox/f.wav"] and not faults
