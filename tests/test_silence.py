"""Windows whose labels are all low are said so, unless the clips have hardly any weak label either."""

import pytest

from psl.labels.silence import silence_sentences

NAMES = {"5": "PSL-5s", "2": "PSL-2s"}


def said(shares, weak=0.0):
    labels = {key: {"share_none": share} for key, share in (("weak", weak), *shares.items())}
    return silence_sentences({"threshold": 0.3, "many": 4, "n_clips": 300, "labels": labels}, NAMES)


@pytest.mark.parametrize(
    ("shares", "start"),
    [
        ({"5": 0.2, "2": 1.0}, "No clip has a label above 0.3 in the windows of PSL-2s: the students"),
        ({"5": 0.99, "2": 1.0}, "At most 3 of 300 clips have a label above 0.3 in the windows of PSL-5s, PSL-2s: "),
    ],
)
def test_label_sets_without_labels_are_named(shares, start):
    (sentence,) = said(shares)
    assert sentence.startswith(start) and "learn silence" in sentence and "train_annotator.max_steps" in sentence


def test_nothing_is_said_where_clips_have_labels_or_few_have_any_class():
    assert said({"5": 0.3, "2": 0.94}) == []
    assert said({"2": 0.97}, weak=0.95) == [] and said({"2": 0.999}, weak=0.95) != [] and said({"2": 1.0}, weak=1.0)
