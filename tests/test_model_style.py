"""A model has one place and one colour in every table and picture."""

from test_report import MODELS

from psl.config import Plugin, Student
from psl.report.model_names import display_name, display_names
from psl.report.model_style import (
    ANNOTATOR_COLOUR,
    OTHER_COLOURS,
    TRUTH_COLOUR,
    WEAK_COLOUR,
    WINDOW_COLOURS,
    ensemble_colours,
    in_order,
    label_colours,
    model_colours,
    transfer_colours,
)


def test_labels_have_the_colour_of_their_student():
    colours, labels = model_colours(MODELS), label_colours(["weak", "5", "0p5", "10"])
    assert {key: colours[key] for key in labels} == labels and len(labels) == 4
    assert label_colours(["truth", "5"]) == {"truth": TRUTH_COLOUR, "5": WINDOW_COLOURS[0]}
    assert colours["annotator"] == ANNOTATOR_COLOUR and colours["weak"] == WEAK_COLOUR


def test_students_that_differ_in_their_annotator_have_names_colours_and_places_of_their_own():
    models = {f"2-{name}": MODELS["5"].model_copy(update={"annotator": name}) for name in ("b", "a")} | MODELS
    names = [display_name(key, model) for key, model in models.items()]
    assert len(set(names)) == len(names) and "PSL-5s by a" in names
    colours = model_colours(models)
    assert len({colours[key] for key in ("2-a", "2-b", "5")}) == 3
    assert in_order(models) == ["annotator", "weak", "10", "2-b", "2-a", "5", "0p5"]  # as in the parameters


def test_models_come_from_the_annotator_to_the_shortest_window():
    assert in_order(MODELS) == ["annotator", "weak", "10", "5", "0p5"]


def test_students_with_a_network_of_their_own_and_ensembles_share_no_colour():
    wide = MODELS["5"].model_copy(update={"width": 0.5})
    colours = model_colours({"5": MODELS["5"], "S1": wide})
    assert colours == {"5": WINDOW_COLOURS[0], "S1": OTHER_COLOURS[0]}
    assert ensemble_colours(["all"], colours) == {"all": OTHER_COLOURS[1]}


def test_students_of_other_networks_say_network_and_labels():
    own = {
        key: Student(targets="weak", architecture=Plugin(name="ast", width=w)) for key, w in (("a", 0.1), ("b", 0.2))
    }
    two = Student(window_seconds=2.0, hop_seconds=2.0, architecture=Plugin(name="cnn14"), max_steps=9)
    names = display_names(MODELS | own | {"c": two, "d": two.model_copy(update={"subset": "full"})}, "abcd")
    assert [*names.values()] == [
        "ast, weak labels (a)",
        "ast, weak labels (b)",
        "cnn14, PSL-2s (9 steps)",
        "cnn14, PSL-2s on full (9 steps)",
    ]
    assert in_order(MODELS | own)[-2:] == ["a", "b"]


def test_a_table_of_transfers_keeps_the_annotators_colour():
    assert transfer_colours(["annotator", "2"]) == [ANNOTATOR_COLOUR, WINDOW_COLOURS[2]]
