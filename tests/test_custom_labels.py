"""Labels as people write them become AudioSet's ids where AudioSet has the class."""

import pytest
from own_recordings import CLASS_LIST, request

from psl.corpora.custom.check import check
from psl.corpora.custom.labels import audioset_names, parse_labels, read_vocabulary
from psl.runtime.errors import PslError

needs_class_list = pytest.mark.skipif(not CLASS_LIST.exists(), reason="the official lists are not here")


def test_labels_are_split_and_mapped():
    speech, dog = ("/m/05zppz", "Male speech, man speaking"), ("/m/0bt9lr", "Dog")
    known = {"male speech, man speaking": speech, "dog": dog}
    zipper = "Zipper_(clothing)"
    assert parse_labels("Male speech, man speaking;DOG", known) == [speech, dog]
    assert parse_labels(f"dog, {zipper} ,dog", known) == [dog, (zipper, zipper)]


@needs_class_list
def test_audiosets_names_become_its_ids(recordings):
    _, vocabulary = check(request(recordings, audioset_classes=CLASS_LIST))
    assert (vocabulary.mids, vocabulary.names) == (("/m/0bt9lr", "rain drops"), ("Dog", "rain drops"))


@needs_class_list
def test_audiosets_classes_are_known_by_name_and_by_id():
    known = audioset_names(CLASS_LIST)
    assert len(set(known.values())) == 527 and len(known) == 2 * 527
    assert parse_labels("acoustic_guitar", known)[0][0] == parse_labels("/m/042v_gx", known)[0][0] == "/m/042v_gx"


@needs_class_list
def test_a_vocabulary_is_audiosets_list_or_one_label_a_line(tmp_path):
    assert len(read_vocabulary(CLASS_LIST, {})) == 527
    (tmp_path / "v.txt").write_text("\ufeffMy class\n\ndog\n", encoding="utf-8")
    assert read_vocabulary(tmp_path / "v.txt", audioset_names(CLASS_LIST)).mids == ("My class", "/m/0bt9lr")


def test_a_vocabulary_whose_labels_no_list_can_hold_is_refused(tmp_path):
    (tmp_path / "v.txt").write_text("a, b\n")
    with pytest.raises(PslError, match=r"the label 'a, b' with a comma, a quote or a .*: give it an id"):
        read_vocabulary(tmp_path / "v.txt", {})
