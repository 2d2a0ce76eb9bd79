"""Exports as parameters: the model and the seed that an entry names are trained."""

import pytest
from params_files import changed, fault_in

from psl.config.file import read_params


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model", "7", "exports.mixed-2.model 7 is none of annotator, 10, 5, 2, weak, full-2, mixed-2, S1"),
        ("seed", 6, "exports.mixed-2.seed 6 is none of the seeds of mixed-2: 1, 2, 3"),
        ("licence", "", "exports.mixed-2.licence"),
        ("data_licence", ..., "exports.mixed-2.data_licence is missing"),
    ],
)
def test_a_fault_of_an_export_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, f"exports.mixed-2.{key}", value))


def test_the_annotator_is_exported_where_it_is_trained_here(tmp_path):
    path = changed(tmp_path, "exports.mixed-2.model", "annotator")
    assert read_params(path).exports["mixed-2"].model == "annotator"
    text = path.read_text().replace("source: data/models/annotator}", "source: models_of_others/mine}")
    path.write_text(text.replace("source: data/models/annotator\n", "source: models_of_others/mine\n"))
    assert fault_in(path).startswith("exports.mixed-2.model annotator is none of 10, 5, 2")


def test_nothing_need_be_exported(tmp_path):
    assert read_params(changed(tmp_path, "exports", {})).exports == {}
