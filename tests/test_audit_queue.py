"""The queue has the clearest cases of each reason, and a control that no other reason bends."""

from collections import Counter

import numpy as np
import pytest
from audit_cases import heard

from psl.audit.queue import RANDOM, make_queue, reasons


@pytest.fixture(scope="module")
def audited():
    """Sixty clips of four windows; Alarm and b are told apart, and a tenth of their labels is wrong."""
    rng = np.random.default_rng(5)
    y_NC = rng.random((60, 3)) < [0.4, 0.3, 0.5]
    p_NWC = np.clip(np.where(y_NC[:, None], 0.7, 0.02) + rng.normal(0, 0.08, (60, 4, 3)), 0.001, 0.999)
    p_NWC[..., 2] = 0.3  # the annotator knows nothing of c
    wrong_NC = y_NC ^ (rng.random((60, 3)) < 0.1)
    return heard(
        p_NWC, [[mid for mid, is_label in zip(("/m/a", "b", "c"), y_C, strict=True) if is_label] for y_C in wrong_NC]
    )


def test_the_queue_has_all_reasons_and_each_window_and_class_once(audited):
    queue = make_queue(audited, 40, 1)
    assert len(queue.rows) == 40 and [row.row for row in queue.rows] == [*range(1, 41)]
    assert max(Counter((row.file, row.start_ms, row.class_id) for row in queue.rows).values()) == 1
    assert [name for name, _ in reasons(queue.rows)][:2] == ["denied", "missing"]
    assert {name for row in queue.rows for name in row.why.split(";")} >= {"denied", "missing", "rare", RANDOM}
    assert {row.class_id for row in queue.rows} == {"/m/a", "b"}


def test_the_control_is_drawn_from_all_that_is_heard_and_by_the_seed(audited):
    heard_cells = {
        (f"c{n}.wav", 1000 * w, audited.vocabulary.mids[c])
        for n, scores in enumerate(audited.scores)
        for w, c in np.argwhere(audited.levels.hears(scores.p_WC)).tolist()
    }
    controls = [
        {(row.file, row.start_ms, row.class_id) for row in make_queue(audited, 40, seed).rows if RANDOM in row.why}
        for seed in range(100)
    ]
    assert make_queue(audited, 40, 1).drawn_from == len(heard_cells) and set.union(*controls) == heard_cells
    assert all(len(control) >= 10 for control in controls) and controls[0] != controls[1]


def test_a_window_of_the_control_stays_in_it_when_it_is_contradicted_as_well(audited):
    both = [row for seed in range(20) for row in make_queue(audited, 40, seed).rows if row.why == f"missing;{RANDOM}"]
    assert both and all(row.labelled == "no" and row.surest for row in both)


def test_contradictions_are_shown_where_the_class_is_surest_and_others_need_not_be(audited):
    rows = make_queue(audited, 200, 1).rows
    assert all(row.surest for row in rows if row.why.startswith(("denied", "missing", "uncertain", "rare")))
    assert any(not row.surest for row in rows)


def test_a_small_corpus_has_a_small_queue():
    queue = make_queue(heard([[[0.9, 0, 0]], [[0.01, 0, 0]]], [["/m/a"], []]), 60, 1)
    assert [(row.file, row.why) for row in queue.rows] == [("c0.wav", RANDOM), ("c1.wav", "rare")][::-1]
    assert make_queue(heard([[[0.1, 0, 0]]] * 2, [["/m/a"], []]), 60, 1).rows == []
