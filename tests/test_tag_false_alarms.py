"""The count of events at every threshold and the lowest one for a rate, beside events found one threshold at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2
from test_tag_events import windows_of
from toy import VOCABULARY

from psl.tagging.events import EventRules, events, smoothed_cells
from psl.tagging.false_alarms.levels import rises
from psl.tagging.false_alarms.listen import Listener
from psl.tagging.false_alarms.poisson import mean_limits
from psl.tagging.false_alarms.rate import curves, with_margin
from psl.tagging.false_alarms.sentences import cannot_show, too_short
from psl.tagging.false_alarms.summary import allowed_alarms

HOP_MS = 1000
rules_of = st.builds(
    EventRules,
    st.sampled_from([0.0, 3.0]),
    st.sampled_from([0.0, 0.3, 0.7, 1.0]),
    st.sampled_from([0.0, 1.0, 1.5, 2.2, 4.0, 90.0]),
    st.sampled_from([0.0, 0.9, 1.0, 2.0, 7.5, 1e9]),
)
scores_of = st.lists(
    st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.45, 0.7, 0.71, 1.0]) | st.floats(0, 1), min_size=1, max_size=14
)


def recording(scores, odd_ms):
    """Windows of two seconds, one a second, of three classes of which two have scores."""
    p_WC = np.stack([scores, scores[::-1], np.zeros(len(scores))], axis=1)
    return windows_of(p_WC, HOP_MS, 2000, 2000 + HOP_MS * (len(scores) - 1) - odd_ms * (len(scores) > 1))


def brute_force(recordings, rules, threshold):
    """Events of each class at one threshold, by psl.tagging.events."""
    threshold_C = np.full(3, threshold)
    found = [e for each in recordings for e in events(each, threshold_C, VOCABULARY, hop_ms=HOP_MS, rules=rules)]
    return [sum(event.class_id == mid for event in found) for mid in VOCABULARY.mids]


def fast(recordings, rules):
    """The curve of each class."""
    return curves([Listener(np.zeros(3), rules, HOP_MS, True).hear(each).rises for each in recordings], 3)


def candidates(recordings, rules):
    """All thresholds at which something may change, and their neighbours among floats."""
    cells = [cell.score_C for each in recordings for cell in smoothed_cells(each, HOP_MS, rules)]
    levels = np.unique(np.concatenate([[0.0, 1.0], *cells]))
    levels = np.concatenate([levels, levels / (rules.hysteresis or 1)])
    for _ in range(2):
        levels = np.unique([np.nextafter(levels, 0), levels, np.nextafter(levels, 2)])
    return levels[levels <= 1].tolist()


@given(st.lists(st.tuples(scores_of, st.sampled_from([0, 400])), min_size=1, max_size=3), rules_of, st.integers(0, 3))
def test_counts_and_the_lowest_threshold_vs_brute_force(parts, rules, allowed):
    recordings = [recording(scores, odd_ms) for scores, odd_ms in parts]
    thresholds, found = candidates(recordings, rules), fast(recordings, rules)
    counts = [brute_force(recordings, rules, threshold) for threshold in thresholds]
    assert [[curve.count(threshold) for curve in found] for threshold in thresholds] == counts
    for number, curve in enumerate(found):
        more = [threshold for threshold, count in zip(thresholds, counts, strict=True) if count[number] > allowed]
        kept = [threshold for threshold in thresholds if not more or threshold > more[-1]]
        assert curve.lowest(allowed) == kept[0]
        assert curve.count(with_margin(curve.lowest(allowed))) <= allowed


def test_the_number_of_events_is_not_monotonic_and_the_first_excess_from_above_counts():
    rules = EventRules(max_gap_seconds=1.0)
    curve = fast([windows_of(np.array([[0.9, 0.6, 0.4, 0.8]] * 3).T, HOP_MS)], rules)[0]
    assert [curve.count(threshold) for threshold in (0.85, 0.7, 0.5, 0.3)] == [1, 2, 1, 1]
    assert curve.lowest(1) == pytest.approx(0.8) and curve.lowest(2) == 0.0 and curve.lowest(0) == pytest.approx(0.9)


@given(st.integers(1, 3), st.floats(0.001, 1.0), st.floats(0, 1))
def test_no_cell_of_the_reference_is_lost_in_long_gaps(n, hop_share, high):
    score_TC = np.full((n, 1), high)
    found = rises(score_TC, EventRules(max_gap_seconds=1e12), hop_ms=1000, last_ms=max(1, int(1000 * hop_share)))
    assert len(found.high_R) == (high > 0)


def test_the_classes_without_a_threshold_are_left_out():
    heard = Listener(np.array([np.inf, 0.5, np.inf]), EventRules(), HOP_MS, True).hear(recording([0.9, 0.1, 0.8], 400))
    assert set(heard.rises.number_R.tolist()) == {1} and heard.alarms_C.tolist() == [0, 2, 0]
    assert heard.duration_ms == 3600


@pytest.mark.parametrize("n", [0, 1, 2, 7, 100, 12_345])
def test_limits_vs_chi_square_quantiles(n):
    low, high = mean_limits(n)
    assert low == pytest.approx(chi2.ppf(0.025, 2 * n) / 2 if n else 0.0, rel=1e-9)
    assert high == pytest.approx(chi2.ppf(0.975, 2 * n + 2) / 2, rel=1e-9)


def test_what_hours_can_promise_is_said():
    assert cannot_show(0.4, 2.0) == (
        "2 hours of background cannot show a rate of 0.4 alarms per hour, as a single one in them is 0.5 per hour "
        "already: give 2.5 hours or more, or a higher rate"
    )
    assert cannot_show(0.5, 2.0) is None and too_short(2.0, 2.0) is None
    assert too_short(1.0, 2.0) == (
        "2 hours are too few to promise a rate of 1 per hour: even with no alarm it may be 1.8 (95 %); give 3.69 hours "
        "or more"
    )


def test_a_rate_times_hours_that_is_whole_allows_so_many_alarms():
    assert [allowed_alarms(1 / hours, hours) for hours in (3.0, 0.7, 49.0)] == [1, 1, 1] and allowed_alarms(0.5, 3) == 1
