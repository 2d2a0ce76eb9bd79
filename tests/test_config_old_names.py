"""A name from before November 2026 gets one sentence with the name that took its place."""

import pytest
from params_files import DEFAULT, changed, dumped, fault_in, replaced
from ruamel.yaml import YAML

from psl.config.old_names import MOVED, NEW_NAMES


@pytest.mark.parametrize("old", [name for name, new in NEW_NAMES.items() if " " not in new])
def test_an_old_name_in_place_of_the_new_is_one_fault(tmp_path, old):
    params = YAML(typ="safe").load(DEFAULT.read_text())
    *sections, last = old.replace("*", "scenes").split(".")
    section = params
    for name in sections:
        section = section[name]
    section[last] = section.pop(NEW_NAMES[old])
    assert fault_in(dumped(tmp_path, params)) == ".".join(
        [*sections, f"{last} is now {'.'.join(sections)}", NEW_NAMES[old]]
    )


@pytest.mark.parametrize("section", MOVED)
def test_an_old_section_names_students(tmp_path, section):
    assert fault_in(changed(tmp_path, section, {"2": {}})) == f"{section} is now {MOVED[section]}"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("train_student.targets", "mix", "train_student.targets is now targets of each of students"),
        (
            "train_annotator.max_epochs",
            8,
            "train_annotator.max_epochs is now max_steps, min_steps and validation_steps, which count the optimiser's "
            "steps",
        ),
        (
            "transfer.patience_epochs",
            8,
            "transfer.patience_epochs is now patience_steps, which counts the optimiser's steps",
        ),
        ("students.S1.max_epochs", 3, "students.S1.max_epochs is now max_steps, which counts the optimiser's steps"),
        ("train_student.alpha", 0.5, "train_student.alpha is now alpha of each of students"),
        (
            "corpora.fsd50k.sounds",
            {"bank": "x"},
            "corpora.fsd50k.sounds is now the corpus itself, whose entries they are",
        ),
        ("corpora.fsd50k.kind", "made_fsd50k", "corpora.fsd50k.kind made_fsd50k is now synthetic_fsd50k"),
    ],
)
def test_what_has_moved_says_where_it_is(tmp_path, key, value, message):
    assert fault_in(changed(tmp_path, key, value)) == message


def test_a_whole_file_of_old_names_is_one_sentence_that_says_how_to_convert_it(tmp_path):
    path = replaced(tmp_path, "corpus: scenes ", "windows: {} ")
    assert fault_in(path) == (
        "is from before November 2026: `python -m tasks.params convert` rewrites it in today's names"
    )
