"""The page says who labels the windows, and names every class that an annotator does not have."""

from params_files import DEFAULT

from psl.annotators.class_map import ClassMap
from psl.annotators.record import Record
from psl.config import AnnotatorEnsemble, Student
from psl.config.contract import Contract
from psl.config.file import read_params
from psl.io.metadata.vocabulary import Vocabulary
from psl.report.annotators import annotators_section, used_annotators

CORPUS, TEACHER = Vocabulary(("/m/a", "/m/b"), ("Alarm", "Bell")), Vocabulary(("/m/a",), ("Alarm",))
CONTRACT = {
    "name": "MobileNet",
    "licence": "MIT",
    "input": "waveform",
    "sample_rate_hz": 32_000,
    "window_samples": 16_000,
    "shorter_windows": "zeros",
    "longer_windows": "mean",
    "normalisation": "none",
    "output": "sigmoid",
    "classes": "model",
}


def joined(n_unmatched=1):
    """The map of a corpus of which the annotator has the first class alone."""
    letters = [f"/m/{number}" for number in range(n_unmatched)]
    corpus = CORPUS if n_unmatched == 1 else Vocabulary(("/m/a", *letters), ("Alarm", *letters))
    return ClassMap(corpus, TEACHER, ((0,), *[()] * n_unmatched), "weak")


def of_others(**fields):
    """The record of an annotator of audio."""
    return Record(
        kind="onnx",
        source="mn04",
        contract=Contract(**CONTRACT | fields),
        weights_hash="0123456789abcdef",
        code_hash="",
        front_end_hash="",
        n_parameters=983_000,
        n_bytes=4,
        class_map=joined().as_json(),
    )


def test_an_annotator_has_a_row_with_what_it_is():
    (row,) = annotators_section({"mn04": (of_others(), joined())}).table
    cells = ["mn04", "MobileNet", "MIT", "waveform", "32,000 Hz", "0.5 s", "01234567", "983,000"]
    assert [*row.values()] == cells
    free = of_others(window_samples=None, shorter_windows=None, longer_windows=None)
    assert annotators_section({"mn04": (free, joined())}).table[0]["window"] == "any"


def test_all_classes_without_a_partner_are_named():
    text = annotators_section({"mn04": (of_others(), joined(30)), "ours": (of_others(), joined())}).text
    assert all(f"/m/{number}" in text for number in range(30)) and "more" not in text
    assert "ours: 1 of the corpus's 2 classes has a partner" in text and "Bell (/m/b)" in text


def test_annotators_that_no_student_asks_do_not_appear():
    params, two = read_params(DEFAULT), Student(window_seconds=2.0, hop_seconds=2.0)
    assert used_annotators(params) == ["annotator"]
    both = AnnotatorEnsemble(members={"mn04": 1.0, "annotator": 1.0}, classes="union")
    students = {"weak": Student(targets="weak"), "2": two, "mine": two.model_copy(update={"annotator": "both"})}
    changed = params.model_copy(update={"students": students, "annotator_ensembles": {"both": both}})
    assert used_annotators(changed) == ["annotator", "mn04"]
