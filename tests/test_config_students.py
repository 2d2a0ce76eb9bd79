"""Students as parameters: what a student learns is stated whole, and no two are the same."""

from pathlib import Path

import pytest
from params_files import changed, fault_in

import models
from psl.config import annotator_of, architecture_of, training_of
from psl.config.file import read_params
from psl.labels.label_sets import is_plain, label_sets

TWO = {"window_seconds": 2.0, "hop_seconds": 2.0}
WINDOWS_BELONG = "window_seconds and hop_seconds belong to targets: soft or mix, and weak labels have neither"
ALPHA_BELONGS = "alpha belongs to targets: mix, and to no other"


@pytest.mark.parametrize(
    ("student", "message"),
    [
        ({"targets": "weak", **TWO}, f"students.new: {WINDOWS_BELONG}"),
        ({"targets": "weak", "hop_seconds": 1.0}, f"students.new: {WINDOWS_BELONG}"),
        ({"window_seconds": 3.0}, f"students.new: {WINDOWS_BELONG}"),
        ({"width": 0.5}, f"students.new: {WINDOWS_BELONG}"),
        ({"targets": "mix", **TWO}, f"students.new: {ALPHA_BELONGS}"),
        ({"alpha": 0.5, **TWO}, f"students.new: {ALPHA_BELONGS}"),
        ({"targets": "weak", "alpha": 0.5}, f"students.new: {ALPHA_BELONGS}"),
        ({"targets": "mix", "alpha": 1.5, **TWO}, "students.new.alpha 1.5 is above 1"),
        ({"targets": "psl", **TWO}, "students.new.targets 'psl' is none of soft, mix, weak"),
        (TWO | {"hop_seconds": 3.0}, "students.new: hop_seconds 3.0 is longer than window_seconds 2.0"),
        (TWO | {"hop_seconds": 0.01}, "students.new.hop_seconds 0.01 is finer than a frame of the front end (0.02 s)"),
        ({"window_seconds": float("nan"), "hop_seconds": 2.0}, "new.window_seconds nan is no finite number"),
        ({"window_seconds": -1.0, "hop_seconds": 2.0}, "students.new.window_seconds -1.0 is not above 0"),
        (
            {"window_seconds": 12.0, "hop_seconds": 12.0},
            "students.new.window_seconds 12.0 is longer than the clips (corpora.scenes.clip_seconds 10.0)",
        ),
        (
            {"window_seconds": 0.01, "hop_seconds": 0.01},
            "students.new.window_seconds 0.01 is shorter than a frame of the front end (0.02 s)",
        ),
        (TWO | {"width": -0.5}, "students.new.width -0.5 is not above 0"),
        (
            TWO | {"width": 0.5, "architecture": {"name": "cnn14"}},
            "students.new: width is of train_student.architecture: state it in this student's own architecture",
        ),
        (
            TWO | {"architecture": {"name": "cnn15"}},
            "students.new.architecture.name cnn15 is no file with build in models/",
        ),
        (
            TWO | {"architecture": {"name": "ast", "depth": 2}},
            "students.new.architecture.depth is not an option of ast: it has n_mels, max_frames, width, layers,",
        ),
        (TWO | {"width": 0.35}, "students.new and students.2 are the same: keep one"),  # the width of all
        (
            TWO | {"architecture": {"name": "mobilenetv2", "width": 0.35, "last_channel": 256, "dropout": 0.3}},
            "students.new and students.2 are the same: keep one",
        ),
        (TWO | {"max_steps": 0}, "students.new.max_steps 0 is below 1"),
        (TWO | {"seeds": [1, 1]}, "students.new: seeds [1, 1] must differ"),
        ({"targets": "weak", "annotator": "mn04"}, "students.new: annotator belongs to targets: soft or mix, and weak"),
        (TWO | {"annotator": "a.b"}, "students.new.annotator 'a.b' is no name of letters and digits"),
        (TWO | {"annotator": "annotator"}, "students.new and students.2 are the same: keep one"),  # annotate.annotator
        (TWO | {"window": "2"}, "students.new.window is not a parameter"),
        (TWO, "students.new and students.2 are the same: keep one"),
        (TWO | {"subset": "balanced"}, "students.new and students.2 are the same: keep one"),  # annotate.subset
    ],
)
def test_a_fault_of_a_student_is_a_sentence_that_names_the_key(tmp_path, student, message):
    assert message in fault_in(changed(tmp_path, "students", {"new": student}))


@pytest.mark.parametrize(
    ("students", "message"),
    [
        (
            {"annotator": TWO, "weak": {"targets": "weak"}},
            "students.annotator has the annotator's name: choose another",
        ),
        ({"2": TWO, "weak": TWO}, "students.weak has the name of the weak labels: choose another"),
        (
            {"2": TWO, "w": {"targets": "weak", "subset": "full"}},
            "students has none with targets: weak and no subset, the baseline of every table: add one",
        ),
        ({"weak": {"targets": "weak"}}, "students has none with window_seconds and no subset: add one, such as {"),
        ({}, "students has too few entries (0): give 1 or more"),
    ],
)
def test_the_students_that_every_table_needs(tmp_path, students, message):
    path = changed(tmp_path, "students", {})  # an empty mapping replaces the default's
    path.write_text(path.read_text().replace("students: {}", f"students: {students}"))
    assert message in fault_in(path)


def test_a_width_belongs_to_networks_that_have_one(tmp_path, monkeypatch):
    (tmp_path / "flat.py").write_text("def build(n_classes, *, depth: int = 1):\n    pass\n")
    monkeypatch.setattr(models.__spec__, "submodule_search_locations", [*models.__path__, str(tmp_path)])
    text = Path("presets/default.yaml").read_text()
    head, tail = text.split("\ntrain_student:")
    network = "{name: mobilenetv2, width: 0.35, last_channel: 256, dropout: 0.3}"
    path = tmp_path / "params.yaml"
    path.write_text(head + "\ntrain_student:" + tail.replace(network, "{name: flat}"))
    assert fault_in(path) == "students.S1.width is not an option of flat: it has depth"


def test_a_network_of_its_own_replaces_that_of_all_as_a_whole(tmp_path):
    path = changed(tmp_path, "students", {"cnn": TWO | {"architecture": {"name": "cnn14", "width": 0.1}}})
    params = read_params(path)
    own = {key: architecture_of(params.train_student, params.students[key]) for key in ("2", "S1", "cnn")}
    assert own["cnn"].model_dump() == {"name": "cnn14", "width": 0.1}
    assert own["2"] == params.train_student.architecture
    assert own["S1"].model_dump() == own["2"].model_dump() | {"width": params.students["S1"].width}
    assert training_of(params.train_student, params.students["cnn"]).architecture == own["cnn"]
    assert not is_plain(params.students["cnn"]) and "cnn" not in label_sets(params.students, "annotator")


def test_students_of_another_annotator_are_others_with_labels_of_their_own(tmp_path):
    new = {"ours": TWO | {"annotator": "ours"}, "wide": TWO | {"annotator": "ours", "width": 0.5}}
    path = changed(tmp_path, "students", new)
    entry = "  annotator: {kind: saved, source: data/models/annotator}"
    path.write_text(path.read_text().replace(entry, f"{entry}\n  ours: {{kind: onnx, source: ours.onnx}}"))
    params = read_params(path)
    students, common = params.students, params.annotate.annotator
    assert set(label_sets(students, common)) == {"10", "5", "2", "ours"} and is_plain(students["ours"])
    assert set(label_sets(students, "ours")) == {"10", "5", "2"}  # then they learn what 2 does
    assert [annotator_of(students[key], common) for key in ("2", "ours", "weak")] == [common, "ours", None]


def test_a_student_states_what_differs_and_nothing_else(tmp_path):
    path = changed(
        tmp_path, "students", {"M": {"targets": "mix", "alpha": 0.5, **TWO}, "w2": {"targets": "weak", "seeds": [2]}}
    )
    students = read_params(path).students
    assert (students["2"].targets, students["2"].width, students["M"].alpha) == ("soft", None, 0.5)
    assert {key for key, student in students.items() if is_plain(student)} == {"10", "5", "2", "weak", "M"}
