"""Cells of a person's table, as people, spreadsheets and programs write them: taken, or refused with advice."""

import pytest
from own_recordings import listed, request, table, tone

from psl.corpora.custom.check import check
from psl.corpora.custom.table import read_table
from psl.runtime.errors import PslError


def labels_of(recordings, cell):
    """The labels of a recording whose cell in the table this is."""
    tone(recordings / "new.wav", 77)
    quoted = '"' + cell.replace('"', '""') + '"'
    clips, _ = check(request(recordings, table(recordings, [*listed(recordings), f"new.wav,{quoted}"])))
    return next(clip.mids for clip in clips if clip.file == "new.wav")


@pytest.mark.parametrize(
    "cell",
    [
        "['Elk', 'Owl']",
        '["Elk", "Owl"]',
        "('Elk', 'Owl')",
        "['Elk' 'Owl']",
        "{'Elk', 'Owl'}",
        "Elk|Owl",
        "Elk;Owl|",
        "Elk\uff1bOwl",
        "Elk\uff0cOwl",
        "Elk\u3001Owl",
        "Elk, Owl",
    ],
)
def test_a_list_of_labels_is_taken_as_programs_and_keyboards_write_it(recordings, cell):
    assert labels_of(recordings, cell) == ("Elk", "Owl")


@pytest.mark.parametrize(
    "cell", ["Baby cry, infant cry,Elk", "Elk,baby cry,infant cry", "Elk\u3001Baby cry\u3001infant cry"]
)
def test_a_known_class_with_a_comma_is_one_also_among_others(recordings, cell):
    assert set(labels_of(recordings, cell)) == {"/t/dd00002", "Elk"}
    assert labels_of(recordings, "Baby cry; infant cry") == ("Baby cry", "infant cry")


def test_a_label_that_is_a_part_of_a_known_name_is_told(recordings, tmp_path, capsys):
    assert labels_of(recordings, "Baby cry, Dog bark") == ("Baby cry", "Dog bark")
    told = "taken for classes of their own: 'Baby cry' of Baby cry, infant cry (/t/dd00002); write the whole name where"
    assert told in capsys.readouterr().err
    (tmp_path / "classes.csv").write_text(
        'index,mid,display_name\n0,a,Dog\n1,b,rain drops\n2,c,"Baby cry, infant cry"\n'
    )
    labels = table(recordings, [*listed(recordings), "new.wav,baby cry"])
    with pytest.raises(
        PslError, match=r"has the label 'baby cry', .*; perhaps it is 'baby cry' of Baby cry, infant cry"
    ):
        check(request(recordings, labels, vocabulary=tmp_path / "classes.csv"))


def test_what_a_list_quotes_is_one_label(recordings):
    assert labels_of(recordings, '["Children\'s voices", "B\\u00e4r"]') == ("Children's voices", "Bär")
    assert labels_of(recordings, "['Elks; Owls']") == ("Elks; Owls",)
    assert labels_of(recordings, "[noise];(Owl)") == ("[noise]", "(Owl)")


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("[Elk, Owl]", r"has '\[Elk, Owl\]', which is no list of strings in quotes: separate labels with `;`"),
        ("{'Elk': 1}", "which is no list of strings in quotes"),
        ("['Elk', nan]", "which is no list of strings in quotes"),
        ("['\\x', 'Owl']", "which is no list of strings in quotes"),
        ("[]", "new.wav has no label"),
        ("nan", "has the label 'nan', as programs write an empty cell: leave the cell empty, or rename it"),
        ("Elk;None", "has the label 'None', as programs write an empty cell"),
        ("['<NA>']", "has the label '<NA>', as programs write an empty cell"),
        ("#NAME?", r"has #NAME\?, which a spreadsheet puts where it finds no value: write what stood there"),
        ("Elk;#N/A", "has #N/A, which a spreadsheet puts"),
    ],
)
def test_a_cell_that_could_mean_two_things_is_refused_with_its_line(recordings, cell, fault):
    with pytest.raises(PslError, match=rf"has 1 fault:\n.*{fault}") as error:
        labels_of(recordings, cell)
    assert "line 14 of" in str(error.value)


def test_a_label_with_a_break_of_lines_is_refused(recordings):
    with pytest.raises(PslError, match=r"the label 'Elk\\u2028Owl' holds .* or a control character: rename it"):
        labels_of(recordings, "Elk\u2028Owl")


def test_a_comma_in_brackets_does_not_make_two_labels(recordings):
    assert labels_of(recordings, "(Elk), [Owl],Emu (old);Gnu (a)") == ("(Elk)", "[Owl]", "Emu (old)", "Gnu (a)")
    with pytest.raises(PslError, match=r"the label 'Elk \(old, male\)' holds a comma"):
        labels_of(recordings, "Elk (old, male),Owl")


def test_sources_that_look_the_same_are_one(recordings):
    forms = ("L\u00f6we", "Lo\u0308we")
    rows = [f"{row},{forms[number % 2]}" for number, row in enumerate(listed(recordings))]
    clips, _ = check(request(recordings, table(recordings, rows, "file,labels,source")))
    assert {clip.source for clip in clips} == {"L\u00f6we"}


def test_an_empty_word_that_the_vocabulary_has_is_a_class(recordings, tmp_path):
    (tmp_path / "classes.txt").write_text("Dog\nrain drops\nNone\n")
    tone(recordings / "new.wav", 77)
    labels = table(recordings, [*listed(recordings), "new.wav,none"])
    clips, _ = check(request(recordings, labels, vocabulary=tmp_path / "classes.txt"))
    assert [clip.mids for clip in clips if clip.file == "new.wav"] == [("None",)]


def test_what_programs_write_for_nothing_is_refused_in_other_columns_too(recordings):
    rows = [f"{row},s{number % 3}," for number, row in enumerate(listed(recordings))]
    rows[3], rows[5] = rows[3].replace(",s0,", ",nan,"), f"{rows[5]}<NA>"
    labels = table(recordings, rows, "file,labels,source,looked_for")
    with pytest.raises(PslError, match=r"has 2 faults:\nline 5 of .* has the source 'nan', as programs.*\nline 7 of"):
        check(request(recordings, labels))


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("file,labels,labels", r"labels.csv has the column labels 2 times: keep one of them"),
        ("file,file,labels", r"has the column file 2 times"),
        ("file;labels", "not 'file;labels': its columns are separated by semicolons, so save it with commas"),
        ("file\tlabels", "its columns are separated by tabs, so save it with commas"),
    ],
)
def test_a_header_that_says_two_things_is_refused(tmp_path, header, fault):
    with pytest.raises(PslError, match=fault):
        read_table(table(tmp_path / "recordings", ["a.wav,Dog,Elk"], header), [])


def test_columns_that_are_not_read_are_told(tmp_path, capsys):
    read_table(table(tmp_path / "recordings", ["1,a.wav,Dog,Elk"], ",file,labels,labels.1"), [])
    assert capsys.readouterr().err == f"columns of {tmp_path / 'labels.csv'} that are not read: labels.1\n"
