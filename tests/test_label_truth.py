"""The truth beside the labels: how many labels clips truly have, and what is drawn and said of them."""

import numpy as np

from psl.labels.recovery import Events, Recovery
from psl.labels.summary import metrics
from psl.labels.truth import TRUTH, true_label_counts, truth_rows, truth_summary
from psl.report.label_charts import label_counts_picture
from psl.report.model_style import TRUTH_COLOUR

E = np.array([0, 0, 0, 2, 2], np.int64)  # clips; clip 1 has no event, so its truth is not known
CLASSES = np.array([1, 1, 3, 0, 1], np.int64)
EVENTS = Events(E, CLASSES, E * 0, E * 0 + 500)


def test_a_class_counts_once_a_clip_and_clips_without_events_are_left_out():
    count_M = true_label_counts(EVENTS, 4)
    assert count_M.tolist() == [2, 2]
    rows = truth_rows(count_M, (0.3, 0.5))
    assert {(row.threshold, row.n_labels): row.share for row in rows if row.share} == {(0.3, 2): 1.0, (0.5, 2): 1.0}
    summary = truth_summary(count_M, 1)
    assert summary is not None and (summary.mean, summary.share_none, summary.share_many) == (2.0, 0.0, 1.0)


def test_without_an_event_there_is_no_truth():
    nothing = Events(*(np.zeros(0, np.int64) for _ in range(4)))
    assert truth_rows(true_label_counts(nothing, 4), (0.3,)) == []
    assert truth_summary(true_label_counts(nothing, 4), 1) is None


def test_the_figure_has_a_bar_for_the_truth_in_a_colour_of_its_own():
    rows = truth_rows(np.array([1, 2, 7], np.int64), (0.3,))
    spec = label_counts_picture(rows, {TRUTH: "True labels"}, 0.3, 4, n_clips=3)
    shares = {bar["n"]: round(bar["share"]) for bar in spec["data"]["values"] if bar["labels"] == "True labels"}
    assert shares == {"0": 0, "1": 33, "2": 33, "3": 0, "4": 0, "more than 4": 33}
    assert spec["layer"][0]["encoding"]["color"]["scale"]["range"] == [TRUTH_COLOUR]


def test_the_metrics_say_how_many_labels_are_right_and_how_many_true_ones_are_found():
    row = Recovery("2", "clip", "all", 0.3, n_true=10, n_labels=20, n_correct=8, recall=0.8, precision=0.4)
    summary = truth_summary(np.array([1], np.int64), 4)
    assert summary is not None
    said = metrics({"2": summary}, [row], 0.3, many_labels=4, n_clips=1)["labels"]["2"]
    assert (said["recall"], said["precision"]) == (0.8, 0.4) and "dropped_recall" not in said
