"""A model's classes are read in its order whatever wrote the file, and a list in another order is refused."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psl.annotators.class_list import read_class_list, require_same_order
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

AUDIOSET = Path(__file__).parents[2] / "shared/models/mn04_as/class_labels_indices.csv"
HEADER = "index,mid,display_name\n"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
NAMES = st.lists(TEXTS.filter(lambda name: not name.startswith(" ")), min_size=1)  # which no reader keeps


def written(tmp_path, text: str, name: str = "classes.csv", encoding: str = "utf-8") -> Path:
    (tmp_path / name).write_text(text, encoding=encoding)
    return tmp_path / name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_is_read_with_and_without_a_byte_order_mark(tmp_path, encoding):
    path = written(tmp_path, HEADER + '0,/m/1,"Male speech, man speaking"\n1,/m/2,Dog\n', encoding=encoding)
    assert read_class_list(path) == Vocabulary(("/m/1", "/m/2"), ("Male speech, man speaking", "Dog"))
    assert Vocabulary.read(path) == read_class_list(path)


def test_audiosets_own_list_keeps_names_with_commas():
    if not AUDIOSET.exists():
        pytest.skip("needs ../shared/models")
    classes = read_class_list(AUDIOSET)
    assert len(classes) == 527 and sum("," in name for name in classes.names) == 75
    assert classes.names[2] == "Female speech, woman speaking" and classes.mids[2] == "/m/02zsn"


@settings(max_examples=20)
@given(names=NAMES)
def test_any_table_that_is_written_is_read_back(tmp_path_factory, names):
    classes = Vocabulary(tuple(f"/m/{number}" for number in range(len(names))), tuple(names))
    path = tmp_path_factory.mktemp("any") / "classes.csv"
    classes.write(path)
    assert read_class_list(path) == classes


def test_names_may_repeat_and_ids_may_not(tmp_path):
    assert read_class_list(written(tmp_path, HEADER + "0,/m/1,Bark\n1,/m/2,Bark\n")).names == ("Bark", "Bark")
    with pytest.raises(PslError, match=r"classes.csv .*/m/1 more than once"):
        read_class_list(written(tmp_path, HEADER + "0,/m/1,Bark\n1,/m/1,Dog\n"))


@pytest.mark.parametrize(("encoding", "newline"), [("utf-8", "\n"), ("utf-8-sig", "\r\n")])
def test_one_name_a_line_is_its_own_id(tmp_path, encoding, newline):
    names = ("Male speech, man speaking", "Hi-hat", "42", "Two\u2028lines", "Schäfer")
    path = tmp_path / "labels.txt"
    path.write_bytes((newline.join(names) + newline * 2).encode(encoding))
    assert read_class_list(path) == Vocabulary(names, names)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", HEADER + "0,/m/1,Speech\n1,/m/2,Male speech, man speaking\n", "line 3 .*index 1.*commas into quotes"),
        ("c.csv", HEADER + "1,/m/1,Speech\n", "line 2 .*with index 0$"),
        ("c.csv", HEADER + "0,/m/1,Speech\n2,/m/2,Dog\n", "line 3 .*with index 1$"),
        ("c.csv", HEADER + '0,/m/1,"Speech\n1,/m/2,Dog\n', "quote that does not fit"),
        ("c.csv", HEADER, "at least one class"),
        ("c.csv", "0,/m/1,Speech\n", "begins with '0,/m/1,Speech': begin a table with the line index,mid,display_name"),
        ("c.csv", "Speech\nDog\n", "write one name a line in a file that ends in .txt"),
        ("c.txt", "0,/m/1,Speech\n1,/m/2,Dog\n", "begin a table with the line"),
        ("c.txt", "0, Speech\n1, Dog\n", "begin a table with the line"),
        ("c.txt", "mid,display_name\n/m/1,Speech\n", "begin a table with the line"),
        ("c.txt", "Speech,Dog,Cat\n", "write one name a line"),
        ("c.txt", "Dog\n\nCat\n", "line 2 of .*c.txt is blank"),
        ("c.txt", "Dog\nCat\nDog\n", "'Dog' in lines 1 and 3: give their ids, in a table"),
        ("c.txt", " \n\n", "is empty"),
    ],
)
def test_a_broken_list_is_refused_with_what_to_do(tmp_path, name, text, message):
    with pytest.raises(PslError, match=message) as error:
        read_class_list(written(tmp_path, text, name))
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_refused(tmp_path, encoding):
    path = written(tmp_path, HEADER + "0,/m/1,Schäfer\n", encoding=encoding)
    for read in (read_class_list, Vocabulary.read):
        with pytest.raises(PslError, match=r"classes.csv is not text in UTF-8 .*save it as UTF-8"):
            read(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(PslError, match=r"none.csv does not exist: .*classes: model"):
        read_class_list(tmp_path / "none.csv")
    with pytest.raises(PslError, match="is a folder"):
        read_class_list(tmp_path)


GIVEN = Vocabulary(("/m/1", "/m/2", "/m/3"), ("Dog", "Bark", "Bark"))


@pytest.mark.parametrize("own", [("dog ", "BARK", "Bark"), ("/m/1", "/m/2", "/m/3")])
def test_the_models_own_names_or_ids_in_the_same_order_are_accepted(own):
    require_same_order(GIVEN, Vocabulary(("a", "b", "c"), own), "classes.csv", "the model")


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (("Bark", "Dog", "Bark"), "output 0 is 'Dog' in classes.csv, and 'Bark' in the model itself"),
        (("Dog", "Bark", "Cat"), "output 2 is 'Bark' in classes.csv, and 'Cat' in the model itself"),
        (("/m/1", "/m/3", "/m/2"), "output 1 is 'Bark' in classes.csv, and '/m/3'"),
        (("Dog", "Bark"), "classes.csv lists 3 classes, and the model itself names 2"),
    ],
)
def test_labels_in_another_order_are_refused_by_the_first_that_differs(own, message):
    with pytest.raises(PslError, match=message):
        require_same_order(GIVEN, Vocabulary(tuple("abc"[: len(own)]), own), "classes.csv", "the model")


def test_the_table_is_what_csv_reads(tmp_path):
    path = written(tmp_path, HEADER + '0,/m/1,"A ""quoted"" name"\n')
    assert read_class_list(path).names == (list(csv.reader(path.open()))[1][2],)
