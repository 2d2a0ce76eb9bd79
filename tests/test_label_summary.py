"""The metrics of the label counts, and the tables they come with."""

import csv

from label_fakes import write

from psl.io.csv_tables import write_table
from psl.labels.counts import LabelCount, count_summary
from psl.labels.recovery import Recovery
from psl.labels.summary import metrics, middle_threshold


def row(threshold, unit="clip", scope="beyond weak", recall=0.25):
    return Recovery("2", unit, scope, threshold, 4, 0, 0, recall, None)


def test_metrics_are_of_clips_at_the_middle_threshold(tmp_path):
    two = write(tmp_path / "2", {"a": [[0.4, 0, 0], [0, 0.4, 0]], "b": [[0, 0, 0.1]]})
    weak = write(tmp_path / "w", {"a": [[1, 0, 0]], "b": [[0, 1, 1]]})
    rows = [row(0.2), row(0.3, unit="window"), row(0.3, scope="all"), row(0.3, recall=0.75), row(0.5)]
    counts = {key: count_summary(labels, "clip", 0.3, 1) for key, labels in (("weak", weak), ("2", two))}
    values = metrics(counts, rows, middle_threshold((0.3, 0.2, 0.5)), many_labels=1, n_clips=2)
    labels = values.pop("labels")
    assert values == {"threshold": 0.3, "many": 1, "n_clips": 2}
    assert labels["weak"] == {"mean": 1.5, "share_none": 0.0, "share_many": 0.5}
    counts = {"mean": 1.0, "share_none": 0.5, "share_many": 0.5}
    of_all = {"recall": 0.25, "precision": None}
    assert labels["2"] == {**counts, **of_all, "dropped_recall": 0.75, "dropped_precision": None}


def test_tables_have_a_header_even_without_rows_and_empty_cells_for_none(tmp_path):
    write_table(tmp_path / "none.csv", LabelCount, [])
    write_table(tmp_path / "one.csv", Recovery, [row(0.3, recall=1 / 3)])
    assert (tmp_path / "none.csv").read_text() == "labels,unit,threshold,n_labels,count,share\n"
    (read,) = csv.DictReader((tmp_path / "one.csv").open())
    assert (read["recall"], read["precision"], read["threshold"]) == ("0.333333", "", "0.3")
