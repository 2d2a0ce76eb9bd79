"""Clips listed and found, by subset and class."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import AUDIOSET_LAYOUT

from psl.io.metadata.clip_counts import SubsetCount, count_found, found_lines
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import MANIFEST
from psl.runtime.errors import PslError

ABC = Vocabulary(("/a", "/b", "/c"), ("A", "B", "C"))
TEST_TRAIN = Subsets((Subset("test", False), Subset("train", True)))


def rows(*clips):
    """Of (subset, labels, found)."""
    values = [("start_s", 0.0), ("end_s", 1.0), ("source", "s"), ("audio_hash", None)]
    table = [
        dict(values, clip_id=str(i), subset=s, labels=mids, path="x" if found else None)
        for i, (s, mids, found) in enumerate(clips)
    ]
    return pa.Table.from_pylist(table, MANIFEST)


def test_subsets_of_audioset_hold_one_another_and_eval_stands_apart():
    clips = ("full", ["/a"], True), ("balanced", ["/a", "/b"], False), ("eval", ["/c"], True)
    counts = count_found(rows(*clips), AUDIOSET_LAYOUT, ABC)
    each = [
        SubsetCount("balanced", "/a", "A", 1, 0),
        SubsetCount("balanced", "/b", "B", 1, 0),
        SubsetCount("balanced", "/c", "C", 0, 0),
    ]
    assert counts[:4] == [SubsetCount("balanced", None, None, 1, 0), *each]
    assert [(c.asked, c.found) for c in counts if c.subset == "full"] == [(2, 1), (2, 1), (1, 0), (0, 0)]
    assert [c.subset for c in counts[::4]] == ["balanced", "full", "eval"]


clip = st.tuples(
    st.sampled_from(["balanced", "full", "eval"]),
    st.lists(st.sampled_from(ABC.mids), unique=True),
    st.booleans(),
)


@given(st.lists(clip, max_size=12))
def test_summary_vs_reference(clips):
    for count in count_found(rows(*clips), AUDIOSET_LAYOUT, ABC):
        parts = AUDIOSET_LAYOUT.parts_of(count.subset)
        found = [is_found for subset, mids, is_found in clips if subset in parts and count.mid in (None, *mids)]
        assert (count.asked, count.found) == (len(found), sum(found))


def test_a_line_for_each_subset_names_the_classes_that_were_lost():
    clips = [
        ("train", ["/a"], True),
        ("train", ["/b"], False),
        ("train", ["/b"], False),
        ("train", [], True),
        ("test", ["/a"], True),
    ]
    assert found_lines(count_found(rows(*clips), TEST_TRAIN, ABC)) == [
        "test: 1 of 1 clips found (100.0%)",
        "train: 2 of 4 clips found (50.0%); none of 1 classes: B",
    ]


@pytest.mark.parametrize(
    ("lost", "line"), [(5, ": c0, c1, c2, c3, c4"), (7, "none of 7 classes: c0, c1, c2, c3, c4 and 2 more")]
)
def test_many_lost_classes_are_counted(lost, line):
    names = tuple(f"c{i}" for i in range(lost))
    counts = count_found(rows(("test", list(names), False)), TEST_TRAIN, Vocabulary(names, names))
    assert found_lines(counts)[0].endswith(line)


def test_a_subset_that_the_corpus_does_not_name_is_a_sentence():
    with pytest.raises(PslError, match="no subset val: choose one of test, train"):
        count_found(rows(("val", [], True)), TEST_TRAIN, ABC)
