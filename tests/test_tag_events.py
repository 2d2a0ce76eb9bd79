"""Labels, thresholds and events from the scores of windows, beside slow references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy import VOCABULARY

from psl.annotators.inference.scorer import Windowing
from psl.evaluation.detection.grid import grid_edges_ms, on_grid
from psl.evaluation.detection.median_filter import median_filter, steps_in
from psl.runtime.errors import PslError
from psl.tagging import events as module
from psl.tagging.events import EventRules, events
from psl.tagging.labels import labels
from psl.tagging.scores import WindowScores
from psl.tagging.thresholds import read_thresholds
from psl.tagging.timeline import timeline

HALF = np.full(3, 0.5)


def windows_of(p_WC, hop_ms=1000, length_ms=None, duration_ms=None):
    """Windows one after the other, as the scorer gives them."""
    length_ms = length_ms or hop_ms
    duration_ms = duration_ms or length_ms + (len(p_WC) - 1) * hop_ms
    starts = Windowing(length_ms, hop_ms, "shift").starts(duration_ms).tolist()
    ends = [min(start + length_ms, duration_ms) for start in starts]
    return [WindowScores("a.wav", *row) for row in zip(starts, ends, np.asarray(p_WC, np.float32), strict=True)]


def found(scores, hop_ms=1000, **rules):
    """(start_ms, end_ms, score) of the events of one class with these scores in turn, above 0.5."""
    p_WC = np.stack([scores, np.zeros(len(scores)), np.zeros(len(scores))], axis=1)
    rules = EventRules(**rules)
    return [each[1:3] for each in events(windows_of(p_WC, hop_ms), HALF, VOCABULARY, hop_ms=hop_ms, rules=rules)]


def test_events_are_what_is_above_the_threshold():
    assert found([0.1, 0.6, 0.9, 0.5, 0.7]) == [(1000, 3000), (4000, 5000)]


def test_with_hysteresis_an_event_lasts_while_it_is_above_a_share_of_the_threshold():
    assert found([0.3, 0.6, 0.3, 0.2, 0.3], hysteresis=0.5) == [(1000, 3000)]
    assert found([0.3, 0.6, 0.3, 0.2, 0.3]) == [(1000, 2000)]


def test_near_events_are_merged_before_short_ones_are_left_out():
    scores = [0.9, 0.1, 0.9, 0.1, 0.1, 0.9]
    assert found(scores, max_gap_seconds=1.0) == [(0, 3000), (5000, 6000)]
    assert found(scores, max_gap_seconds=1.0, min_seconds=2.0) == [(0, 3000)]
    assert found(scores, min_seconds=2.0) == [] and len(found(scores, max_gap_seconds=0.9)) == 3


def test_the_median_filter_takes_single_cells_out():
    assert found([0.1, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9], median_seconds=3.0) == [(4000, 7000)]


def test_an_event_has_its_class_and_its_highest_score_and_events_stand_by_start_and_class():
    p_WC = [[0.1, 0.9, 0.6], [0.6, 0.7, 0.1], [0.8, 0.1, 0.1]]
    told = events(windows_of(p_WC), HALF, VOCABULARY, hop_ms=1000, rules=EventRules())
    assert [(each.name, each.class_id, each.start_ms, each.score) for each in told] == [
        ("Bell", "/m/b", 0, 0.9),
        ("Cough", "/m/c", 0, 0.6),
        ("Alarm", "/m/a", 1000, 0.8),
    ]


def reference(windows, hop_ms, rules, threshold_C):
    """Cells of the whole at once, filtered at once; then class by class and cell by cell."""
    edges, length_ms = grid_edges_ms(windows[-1].end_ms, hop_ms), windows[0].end_ms - windows[0].start_ms
    starts, p_WC = np.array([each.start_ms for each in windows]), np.stack([each.p_C for each in windows])
    score_GC = median_filter(on_grid(p_WC, starts, length_ms, edges), steps_in(rules.median_seconds, hop_ms / 1000))
    rows = []
    for c, threshold in enumerate(threshold_C):
        inside, own = False, []
        for start, end, score in zip(edges, edges[1:], score_GC[:, c], strict=False):
            inside = score > threshold or (inside and score > rules.hysteresis * threshold)
            if inside and own and start - own[-1][1] <= 1000 * rules.max_gap_seconds:
                own[-1][1] = end
            elif inside:
                own.append([start, end])
        rows += [(start, c, end) for start, end in own if end - start >= 1000 * rules.min_seconds]
    return sorted(rows)


@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 999), st.sampled_from([0.0, 1.5, 4.0, 9.0]), st.data())
def test_events_vs_reference(n_windows, overlap, odd_ms, median_seconds, data):
    rules = EventRules(median_seconds, *(data.draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in range(3)))
    p_WC = np.random.default_rng(n_windows).random((n_windows + (odd_ms > 0), 3)) ** 2
    length_ms = 1000 * overlap
    windows = windows_of(p_WC, 1000, length_ms, length_ms + (n_windows - 1) * 1000 + odd_ms)
    threshold_C = np.array([0.3, 0.2, np.inf])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_CELLS", 5)
        told = events(windows, threshold_C, VOCABULARY, hop_ms=1000, rules=rules)
    numbers = [(each.start_ms, VOCABULARY.index[each.class_id], each.end_ms) for each in told]
    assert numbers == reference(windows, 1000, rules, threshold_C)


@pytest.mark.parametrize("wrong", [{"median_seconds": -1.0}, {"hysteresis": 1.1}, {"max_gap_seconds": np.nan}])
def test_rules_that_are_impossible_are_refused(wrong):
    with pytest.raises(PslError, match=next(iter(wrong))):
        EventRules(**wrong)


def test_labels_of_a_window_are_the_classes_above_their_thresholds_the_best_first():
    told = labels(windows_of([[0.6, 0.1, 0.9], [0.5, 0.4, 0.3]]), np.array([0.5, 0.3, 0.5]), VOCABULARY)
    assert [(each.start_ms, each.end_ms, each.name) for each in told] == [
        (0, 1000, "Cough"),
        (0, 1000, "Alarm"),
        (1000, 2000, "Bell"),
    ]


def test_a_table_of_thresholds_is_for_the_classes_that_it_lists(tmp_path):
    path = tmp_path / "thresholds.csv"
    path.write_text("class,threshold\nBell,.25\n/m/c,0.5\n")
    assert read_thresholds(str(path), VOCABULARY).tolist() == [np.inf, 0.25, 0.5]
    assert read_thresholds("0.3", VOCABULARY).tolist() == [0.3] * 3


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("class,threshold\nBel,0.5\n", r"line 2 of .* a class of the model, not 'Bel' \(did you mean Bell\?\)"),
        ("class,threshold\nBell,2\n", "line 2 of .* a threshold from 0 to 1, not '2'"),
        ("class\nBell\n", "a header with the columns class, threshold"),
        (None, "t.csv does not exist"),
    ],
)
def test_a_table_of_thresholds_with_a_fault_is_refused(tmp_path, text, cause):
    if text is not None:
        (tmp_path / "t.csv").write_text(text)
    with pytest.raises(PslError, match=cause):
        read_thresholds(str(tmp_path / "t.csv"), VOCABULARY)


def test_a_number_that_is_no_threshold_is_refused():
    with pytest.raises(PslError, match=r"a threshold of 1\.5 is no probability"):
        read_thresholds("1.5", VOCABULARY)


def test_a_timeline_shows_the_classes_with_the_highest_scores_over_time():
    text = timeline(windows_of([[0.0, 0.1, 1.0], [0.5, 0.1, 0.25], [0.0, 0.1, 0.0]]), VOCABULARY, 2)
    assert text.splitlines() == ["       0:00 0:03", "Cough |█▂ | 1.00 at 0:00", "Alarm | ▄ | 0.50 at 0:01"]


@pytest.mark.parametrize("n", [60, 61, 119, 120, 121, 1000, 4097])
def test_a_timeline_of_a_long_recording_has_few_columns_and_loses_no_peak(n):
    p_WC = np.zeros((n, 3))
    p_WC[n * 3 // 4, 1] = 0.9
    shades = timeline(windows_of(p_WC), VOCABULARY, 1).splitlines()[1].split("|")[1]
    assert 30 <= len(shades) <= 60 and shades.strip() == "▇"
    assert abs(shades.index("▇") / len(shades) - 0.75) < 2 / 30
