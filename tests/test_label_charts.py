"""The charts have the right numbers, in the order of the parameters, and are drawn even without any data."""

import collections

from psl.labels.counts import LabelCount
from psl.labels.recovery import Recovery
from psl.report.label_charts import label_counts_picture, recovery_picture
from psl.report.pictures import write_picture

COUNTS = [
    LabelCount(key, unit, t, n, 5, 0.2)
    for key in ("weak", "10", "2")
    for unit in ("clip", "window")
    for t in (0.3, 0.5)
    for n in range(5)
]
NAMES = {"weak": "Weak labels", "10": "PSL-10s", "2": "PSL-2s"}


def recovered(**values):
    return Recovery(
        **{
            **dict(labels="10", unit="clip", scope="beyond weak", threshold=0.3, n_true=2, n_labels=2, n_correct=1),
            **values,
        }
    )


def test_counts_above_many_share_one_bar_and_all_shares_are_shown():
    spec = label_counts_picture(COUNTS, NAMES, 0.3, 2, n_clips=25)
    bars = collections.Counter({(bar["labels"], bar["n"]): round(bar["share"]) for bar in spec["data"]["values"]})
    assert bars["Weak labels", "more than 2"] == 40 and bars["PSL-2s", "2"] == 20
    assert sum(bars.values()) == 300
    assert spec["layer"][0]["encoding"]["color"]["sort"] == ["Weak labels", "PSL-10s", "PSL-2s"]


def test_recovery_shows_what_is_beyond_the_weak_labels_and_has_both_ratios():
    ratios = dict(recall=0.5, precision=0.5)
    rows = [recovered(**ratios), recovered(scope="all", **ratios), recovered(threshold=0.5, recall=0.0, precision=None)]
    assert [(point["p"], point["recall"]) for point in recovery_picture(rows, NAMES)["data"]["values"]] == [(0.3, 0.5)]


def test_every_picture_is_drawn(tmp_path):
    specs = [
        label_counts_picture(COUNTS, NAMES, 0.3, 4, n_clips=25),
        recovery_picture([recovered(recall=0.5, precision=0.5)], NAMES),
        recovery_picture([], NAMES),
    ]
    for number, spec in enumerate(specs):
        write_picture(tmp_path / f"{number}.png", spec)
        assert (tmp_path / f"{number}.png").read_bytes().startswith(b"\x89PNG")
