"""Detection as parameters: what belongs together is given together, and every model that is named exists."""

import pytest
from params_files import changed, fault_in

from psl.config.file import read_params
from psl.evaluation.detection.median_filter import median_lengths


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("corpus", "desed", "detect.corpus desed is none of corpora: scenes, fsd50k"),
        ("bootstrap_samples", 1, "detect: bootstrap_samples 1 are too few for confidence 0.95: give 40 or more"),
        ("scores", "steps", "detect: window_seconds and hop_seconds belong to scores: windows"),
        ("hop_seconds", None, "detect: window_seconds and hop_seconds belong to scores: windows"),
        ("hop_seconds", 2.5, "detect: hop_seconds 2.5 is longer than window_seconds 2.0: it would leave gaps"),
        ("hop_seconds", 0.0001, "detect.hop_seconds 0.0001 is less than a millisecond"),
        ("median_candidates_seconds", [0.5], "detect: give median_seconds or median_candidates_seconds"),
        ("median_seconds", None, "detect: give median_seconds or median_candidates_seconds"),
        ("development_share", 0.3, "detect: development_share belongs to median_candidates_seconds"),
        ("empty_files", "some", "detect.empty_files 'some' is none of keep, drop"),
        ("baselines.psds1", 0.0, "detect.baselines.psds1 0.0 is not above 0"),
        (
            "plotted_detector",
            "7",
            "detect.plotted_detector 7 is none of annotator, 10, 5, 2, weak, full-2",
        ),
        ("seed", -1, "detect.seed -1 is below 0"),
    ],
)
def test_a_fault_of_detection_is_a_sentence_that_names_the_key(tmp_path, key, value, message):
    assert message in fault_in(changed(tmp_path, f"detect.{key}", value))


def test_a_window_is_a_frame_at_least(tmp_path):
    message = fault_in(changed(tmp_path, "detect", {"window_seconds": 0.01, "hop_seconds": 0.01}))
    assert message == "detect.window_seconds 0.01 is shorter than a frame of the front end (0.02 s)"


@pytest.mark.parametrize(
    ("key", "models", "message"),
    [
        ("windows", ["2", "7"], "ensembles.windows.models 7 is none of annotator, 10, 5, 2, weak, full-2, mixed-2, S1"),
        ("windows", ["2", "2"], "ensembles.windows: models ['2', '2'] must differ"),
        ("windows", [], "ensembles.windows.models has too few entries (0): give 1 or more"),
        ("S1", ["2"], "ensembles.S1 has the name of a model: choose another"),
    ],
)
def test_a_fault_of_an_ensemble_is_a_sentence_that_names_the_key(tmp_path, key, models, message):
    assert message in fault_in(changed(tmp_path, f"ensembles.{key}", {"models": models}))


def test_median_lengths_are_the_one_or_the_candidates(tmp_path):
    changes = {"median_seconds": None, "median_candidates_seconds": [0.5, 1.0], "development_share": 0.3}
    assert median_lengths(read_params(changed(tmp_path, "detect", changes)).detect) == (0.5, 1.0)
    assert median_lengths(read_params(changed(tmp_path, "detect", {"median_seconds": 0.0})).detect) == (0.0,)
