"""A vocabulary is an ordered value with a hash; another one is refused and both owners are named."""

import pytest

from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

SOUNDS = Vocabulary(("/m/1", "/m/2"), ("Bark", "Siren, or alarm"))


def test_a_vocabulary_is_written_and_read_back(tmp_path):
    SOUNDS.write(tmp_path / "classes.csv")
    assert (tmp_path / "classes.csv").read_text() == 'index,mid,display_name\n0,/m/1,Bark\n1,/m/2,"Siren, or alarm"\n'
    assert Vocabulary.read(tmp_path / "classes.csv") == SOUNDS


def test_the_order_matters_and_the_spelling_of_names_does_not():
    assert (
        SOUNDS.hash
        == Vocabulary(SOUNDS.mids, ("bark", "siren")).hash
        != Vocabulary(SOUNDS.mids[::-1], SOUNDS.names).hash
    )


@pytest.mark.parametrize(
    ("mids", "message"),
    [
        (("/m/2", "/m/1"), "same classes in another order"),
        (("/m/1",), "0 classes missing|1 classes missing and 0 extra"),
    ],
)
def test_another_vocabulary_is_refused_by_name(mids, message):
    with pytest.raises(PslError, match=message) as error:
        SOUNDS.require_same(Vocabulary(mids, mids), "the corpus", "the annotator")
    assert "vocabulary of the annotator" in str(error.value) and "that of the corpus" in str(error.value)


@pytest.mark.parametrize(("mids", "message"), [((), "at least one class"), (("/m/1", "/m/1"), "/m/1 more than once")])
def test_impossible_vocabularies_are_refused(mids, message):
    with pytest.raises(PslError, match=message):
        Vocabulary(mids, mids)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin with"),
        ("0,/m/1,Bark\n", "must begin with"),
        ("index,mid,display_name\n1,/m/1,Bark\n", "line 2 .* index 0"),
    ],
)
def test_a_broken_class_list_names_the_file_and_line(tmp_path, text, message):
    (tmp_path / "classes.csv").write_text(text)
    with pytest.raises(PslError, match=message):
        Vocabulary.read(tmp_path / "classes.csv")
    with pytest.raises(PslError, match="does not exist"):
        Vocabulary.read(tmp_path / "none.csv")


@pytest.mark.parametrize("head", ["", "\ufeff"])
def test_a_byte_order_mark_and_spaces_before_quotes_do_not_count(tmp_path, head):
    text = 'index, mid, display_name\n0, /m/1, Bark\n1, /m/2, "Siren, or alarm"\n'
    (tmp_path / "classes.csv").write_text(head + text)
    assert Vocabulary.read(tmp_path / "classes.csv") == SOUNDS
