"""An annotator is opened from its record, as it was inspected, in the corpus's classes; or refused."""

import json

import numpy as np
import pytest
from annotator_toys import CORPUS, TEACHER, by_hand, inspected, model_folder, recorded, state
from onnx_models import RATE_HZ, contract, random, tagger

from psl.annotators.foreign import ForeignAnnotator
from psl.annotators.opened import Opener
from psl.annotators.record import ABOUT, read_record
from psl.runtime.errors import PslError


@pytest.fixture
def folder(tmp_path):
    return state(model_folder(tmp_path / "toy"))


@pytest.fixture
def record(folder, tmp_path):
    return recorded(folder, tmp_path / "mine")


def test_a_record_holds_what_was_found_and_is_the_same_bytes_again(folder, record, tmp_path):
    read, class_map = read_record(record)
    assert (read.kind, read.source, read.contract) == ("onnx", str(folder), contract())
    assert read.n_bytes == (folder / "toy.onnx").stat().st_size and read.n_parameters is None
    assert class_map.partners == ((2,), (), (1,)) and class_map.unmatched == (1,)
    again = recorded(folder, tmp_path / "again")
    assert (again / ABOUT).read_bytes() == (record / ABOUT).read_bytes()


def test_the_corpus_gets_its_classes_in_its_order_and_0_where_there_is_no_partner(record):
    x_BT = random(3, RATE_HZ)
    annotator = Opener(record, "cpu")()
    theirs_BK = np.array([by_hand(x_T) for x_T in x_BT])
    p_BC = annotator(x_BT)
    np.testing.assert_allclose(p_BC[:, [0, 2]], theirs_BK[:, [2, 1]], atol=1e-5)
    assert annotator.vocabulary == CORPUS and (p_BC[:, 1] == 0).all() and p_BC.dtype == np.float32


def test_an_annotator_of_the_corpus_classes_is_itself(folder, tmp_path):
    record = recorded(folder, tmp_path / "same", corpus=TEACHER)
    annotator = Opener(record, "cpu")()
    assert isinstance(annotator, ForeignAnnotator)
    assert annotator.weights_hash == read_record(record)[0].weights_hash == inspected(folder)[0].weights_hash


def test_the_hash_changes_with_the_map_and_not_with_what_becomes_of_the_others(folder, record, tmp_path):
    (folder / "table.csv").write_text("own,teacher\n/m/b,/m/z\n")
    by_table = recorded(folder, tmp_path / "tabled", table=str(folder / "table.csv"))
    ignoring = recorded(folder, tmp_path / "ignoring", unmatched="ignore")
    mine, tabled, ignored = (Opener(each, "cpu")().weights_hash for each in (record, by_table, ignoring))
    assert mine != tabled and mine == ignored and mine != inspected(folder)[0].weights_hash


def other_weights(folder):
    tagger(folder / "toy.onnx", kernel=32)


def other_order(folder):
    TEACHER.__class__(TEACHER.mids[::-1], TEACHER.names[::-1]).write(folder / "classes.csv")


@pytest.mark.parametrize("change", [other_weights, other_order])
def test_a_model_that_changed_since_is_refused_and_the_stage_is_named(folder, record, change):
    change(folder)
    with pytest.raises(PslError, match=rf"{folder} changed since .* annotator@mine .* `dvc repro annotator@mine`"):
        Opener(record, "cpu")()


def test_a_statement_that_changed_since_is_for_the_stage_to_see(folder, record):
    state(folder, normalisation="peak")
    assert Opener(record, "cpu")().annotator.contract == contract()


def test_a_model_that_vanished_is_named(folder, record):
    (folder / "toy.onnx").unlink()
    with pytest.raises(PslError, match=str(folder)):
        Opener(record, "cpu")()


def test_a_record_that_was_never_written_names_its_stage(tmp_path):
    with pytest.raises(PslError, match=r"no annotator in .*/none: run `dvc repro annotator@none`"):
        read_record(tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"{}", b"[", b"[]", b"\xff\xfe"])
def test_a_file_that_is_no_record_is_named(record, content):
    (record / ABOUT).write_bytes(content)
    with pytest.raises(PslError, match=rf"{record}/{ABOUT} is not an annotator .* `dvc repro -f annotator@mine`"):
        Opener(record, "cpu")()


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("partners", [[2], []], "each of the corpus's 3 classes, not for 2"),
        ("partners", [[3], [], [1]], "from 0 to 2, ascending, not 3"),
        ("partners", [2, 0, 1], "not iterable"),
        ("corpus", None, "NoneType"),
        ("unmatched", "zero", "weak or ignore, not zero"),
    ],
)
def test_a_damaged_map_is_named(record, key, value, fault):
    about = json.loads((record / ABOUT).read_text())
    about["class_map"][key] = value
    (record / ABOUT).write_text(json.dumps(about))
    with pytest.raises(PslError, match=rf"map of classes in {record}/{ABOUT} is damaged .*{fault}"):
        read_record(record)
    del about["class_map"][key]
    (record / ABOUT).write_text(json.dumps(about))
    with pytest.raises(PslError, match=f"'{key}' is missing"):
        read_record(record)
