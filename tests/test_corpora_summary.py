"""Clips asked for and found, by subset and class."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.corpora.summary import Count, lines, summary
from psl.schemas import MANIFEST, nested
from psl.vocabulary import Vocabulary

ABC = Vocabulary(("/a", "/b", "/c"), ("A", "B", "C"))


def rows(*clips):
    """Of (subset, labels, found)."""
    values = [("start_s", 0.0), ("end_s", 1.0), ("source", "s"), ("audio_hash", None)]
    table = [dict(values, clip_id=str(i), subset=s, labels=mids, path="x" if there else None) for i, (s, mids, there) in enumerate(clips)]
    return pa.Table.from_pylist(table, MANIFEST)


def test_subsets_of_audioset_hold_one_another_and_eval_stands_apart():
    counts = summary(rows(("full", ["/a"], True), ("balanced", ["/a", "/b"], False), ("eval", ["/c"], True)), ABC)
    each = [Count("balanced", "/a", "A", 1, 0), Count("balanced", "/b", "B", 1, 0), Count("balanced", "/c", "C", 0, 0)]
    assert counts[:4] == [Count("balanced", None, None, 1, 0), *each]
    assert [(c.asked, c.found) for c in counts if c.subset == "full"] == [(2, 1), (2, 1), (1, 0), (0, 0)]
    assert [c.subset for c in counts[::4]] == ["balanced", "full", "eval"]


clip = st.tuples(st.sampled_from(["balanced", "full", "eval", "noisy"]), st.lists(st.sampled_from(ABC.mids), unique=True), st.booleans())


@given(st.lists(clip, max_size=12))
def test_summary_vs_reference(clips):
    for count in summary(rows(*clips), ABC):
        here = [(mids, there) for subset, mids, there in clips if subset in nested(count.subset) and count.mid in (None, *mids)]
        assert (count.asked, count.found) == (len(here), sum(there for _, there in here))


def test_a_line_for_each_subset_names_the_classes_that_were_lost():
    clips = [("train", ["/a"], True), ("train", ["/b"], False), ("train", ["/b"], False), ("train", [], True), ("test", ["/a"], True)]
    assert lines(summary(rows(*clips), ABC)) == [
        "test: 1 of 1 clips found (100.0%)",
        "train: 2 of 4 clips found (50.0%); none of 1 classes: B",
    ]


@pytest.mark.parametrize(("lost", "told"), [(5, ": c0, c1, c2, c3, c4"), (7, "none of 7 classes: c0, c1, c2, c3, c4 and 2 more")])
def test_many_lost_classes_are_counted(lost, told):
    names = tuple(f"c{i}" for i in range(lost))
    assert lines(summary(rows(("val", list(names), False)), Vocabulary(names, names)))[0].endswith(told)
