"""A student may learn from the clips of another subset than the others, with labels of its own."""

import json
from pathlib import Path

import pytest
from test_annotator_stages import HALVES, PARAMS, workspace, write_clips, write_features

from psl.config import Params
from psl.io.labels.reader import read_labels
from psl.labels.open_store import open_store
from psl.runtime.errors import PslError
from tasks import annotate, annotator, label_counts, label_store

__all__ = ["workspace"]  # the fixture


def with_students(students):
    """The parameters with other students."""
    values = json.loads(PARAMS.model_dump_json()) | {"students": students}
    return Params.model_validate_json(json.dumps(values))


@pytest.fixture
def labelled(workspace):
    """The parameters of three students, one of other clips, and the folder with their labels."""
    write_clips(beyond=(6, 7))
    write_features()
    params = with_students({"2": HALVES, "all": HALVES | {"subset": "full"}, "weak": {"targets": "weak"}})
    annotator.work(params, "toy")
    for key in params.students:
        annotate.work(params, key)
    return params


def test_a_student_of_another_subset_has_labels_of_its_clips(labelled):
    clips = {key: read_labels(Path(f"data/labels/{key}.parquet")).clip_ids for key in labelled.students}
    assert [len(clips[key]) for key in ("2", "all", "weak")] == [6, 8, 6] and set(clips["2"]) < set(clips["all"])
    assert read_labels(Path("data/labels/all.parquet")).provenance["parameters"]["subset"] == "full"
    with pytest.raises(PslError, match=r"students\.all\.subset is eval, which is no training subset"):
        annotate.work(
            with_students({"all": HALVES | {"subset": "eval"}, "2": HALVES, "weak": {"targets": "weak"}}), "all"
        )


def test_labels_of_other_clips_are_stored_and_not_counted_with_the_common_ones(labelled):
    label_store.work(labelled)
    label_counts.work(labelled)
    query = "SELECT window_key, count(DISTINCT clip_id) FROM named_windows GROUP BY ALL ORDER BY ALL"
    with open_store(label_store.STORE) as store:
        assert store.execute(query).fetchall() == [("2", 6), ("all", 8)]
    assert set(json.loads(Path("reports/label_counts.json").read_text())["labels"]) == {"weak", "2"}
