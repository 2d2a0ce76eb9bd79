"""Recovery of the labels that the weak labels lack equals a count by hand, and a slow reference."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_fakes import VOCABULARY, random_labels, reference_labels, write

from psl.io.schemas import STRONG
from psl.labels.recovery import Events, read_events, recovery
from psl.runtime.errors import PslError

# a: Speech 0-1.5 s (weak), Dog 2.5-3 s (dropped); b: Music 1-3 s (dropped); c: no event.
WEAK = {"a": [[1, 0, 0]], "b": [[0, 0, 0]], "c": [[0, 0, 1]]}
EVENTS = [("a", 0.0, 1.5, "/m/a"), ("a", 2.5, 3.0, "/m/b"), ("b", 1.0, 3.0, "/m/c"), ("elsewhere", 0.0, 1.0, "/m/a")]
TWO = {"a": [[0.9, 0.8, 0.0], [0.0, 0.9, 0.7]], "b": [[0.0, 0.0, 0.9], [0.0, 0.0, 0.1]], "c": [[0.9, 0.9, 0.9]] * 2}


def events_of(tmp_path, weak, rows=EVENTS):
    pq.write_table(
        pa.Table.from_pylist([dict(zip(STRONG.names, row, strict=True)) for row in rows], STRONG),
        tmp_path / "strong.parquet",
    )
    return read_events(tmp_path / "strong.parquet", weak)


def test_recovery_of_a_case_counted_by_hand(tmp_path):
    weak, labels = write(tmp_path / "weak", WEAK, seconds=4, min_probability=0.5), write(tmp_path / "2", TWO)
    rows = recovery("2", labels, weak, events_of(tmp_path, weak), thresholds=(0.5,))
    assert {(row.unit, row.scope): (row.n_true, row.n_labels, row.n_correct) for row in rows} == {
        ("clip", "beyond weak"): (2, 3, 2),  # true: a Dog, b Music; predicted: a Dog, a Music, b Music
        ("clip", "all"): (3, 4, 3),
        # true: a Dog in the second, b Music in both; predicted: a Dog twice, a Music, b Music
        ("window", "beyond weak"): (3, 4, 2),
        ("window", "all"): (4, 5, 3),
    }
    assert {(row.recall, row.precision) for row in rows if row.scope == "beyond weak"} == {(1.0, 2 / 3), (2 / 3, 0.5)}


def test_events_that_only_touch_a_window_are_not_in_it(tmp_path):
    weak, labels = (
        write(tmp_path / "weak", {"a": [[0, 0, 0]]}, min_probability=0.5),
        write(tmp_path / "2", {"a": [[1, 0, 0], [1, 0, 0]]}),
    )
    events = events_of(tmp_path, weak, [("a", 2.0, 4.0, "/m/a"), ("a", 0.0, 2.0, "/m/b")])
    rows = recovery("2", labels, weak, events, thresholds=(0.5,))
    assert [(row.n_true, row.n_correct) for row in rows if row.unit == "window"] == [(2, 1), (2, 1)]


@given(st.integers(0, 10_000), st.sampled_from([0.2, 0.5]))
@settings(max_examples=40, deadline=None)
def test_windows_vs_reference(tmp_path_factory, seed, threshold):
    folder, rng = tmp_path_factory.mktemp("labels"), np.random.default_rng(seed)
    labels = random_labels(folder / "2", seed)
    weak_of = {clip: rng.random(3) < 0.4 for clip in labels.clip_ids}
    weak = write(folder / "weak", {clip: [y_C.astype(float).tolist()] for clip, y_C in weak_of.items()})
    on = {
        (n, c): int(rng.integers(0, 8000)) for n in range(len(labels.clip_ids)) for c in range(3) if rng.random() < 0.5
    }
    events = Events(*np.array([(n, c, t, t + 700) for (n, c), t in on.items()], int).reshape(-1, 4).T)
    true, predicted = set(), set()
    for n, (clip, windows) in enumerate(reference_labels(labels).items()):
        dropped = {c for c in range(3) if not weak_of[clip][c]}
        known = any(number == n for number, _ in on)
        for w, window in enumerate(windows):
            true |= {
                (n, w, c) for c in dropped if (n, c) in on and on[n, c] < 2000 * (w + 1) and on[n, c] + 700 > 2000 * w
            }
            predicted |= {(n, w, c) for c in dropped if known and window.get(c, 0) / 50_000 > threshold}
    row = next(
        r
        for r in recovery("2", labels, weak, events, thresholds=(threshold,))
        if (r.unit, r.scope) == ("window", "beyond weak")
    )
    assert (row.n_true, row.n_labels, row.n_correct) == (len(true), len(predicted), len(true & predicted))


def test_no_truth_and_no_labels_give_no_ratio(tmp_path):
    weak, labels = (
        write(tmp_path / "weak", {"a": [[0, 0, 0]]}, min_probability=0.5),
        write(tmp_path / "2", {"a": [[0.9, 0, 0]]}),
    )
    rows = recovery("2", labels, weak, events_of(tmp_path, weak, []), thresholds=(0.5, 0.95))
    assert {(row.recall, row.precision, row.n_labels) for row in rows} == {(None, None, 0)}


def test_the_number_of_events_outside_the_vocabulary_is_logged(tmp_path, capsys):
    weak = write(tmp_path / "weak", WEAK, min_probability=0.5)
    events = events_of(tmp_path, weak, [*EVENTS, ("c", 0.0, 1.0, "/m/unknown")])
    assert "1 of 4 events" in capsys.readouterr().err
    assert [VOCABULARY.mids[c] for c in events.class_E] == ["/m/a", "/m/b", "/m/c"]
    assert events.onset_ms_E.tolist() == [0, 2500, 1000]


def test_other_clips_and_other_files_are_refused(tmp_path):
    weak, labels = write(tmp_path / "weak", WEAK, min_probability=0.5), write(tmp_path / "2", {"a": [[0, 0, 1]]})
    with pytest.raises(PslError, match="1 clips and the weak labels of 3"):
        recovery("2", labels, weak, events_of(tmp_path, weak), thresholds=(0.5,))
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(PslError, match="has other columns"):
        read_events(tmp_path / "x.parquet", weak)
