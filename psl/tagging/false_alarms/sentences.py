"""What a count of false alarms can promise, in words: it depends on the hours that were listened to."""

from collections.abc import Sequence

from psl.tagging.false_alarms.poisson import mean_limits
from psl.tagging.false_alarms.summary import Row

NONE_HIGH = mean_limits(0)[1]  # the highest mean that does not contradict none at all


def result(rows: Sequence[Row], hours: float, n_recordings: int) -> list[str]:
    """What was listened to, and what no alarm in that time means."""
    quiet = sum(not row.alarms for row in rows)
    said = [
        f"{_time(hours)} of background in {n_recordings} recording{'s' * (n_recordings > 1)}; {quiet} of {len(rows)} "
        f"classes without an alarm, whose rate may still be up to {NONE_HIGH / hours:.2g} per hour (95 %)"
    ]
    if any(row.alarms > row.recordings for row in rows):
        said.append(
            "the intervals take alarms for independent; those of one recording often come together, and then the truth "
            "may lie outside more often than in 5 % of cases"
        )
    return said


def too_short(per_hour: float, hours: float) -> str | None:
    """Why these hours cannot promise the rate, though thresholds may keep it in them; None where they can."""
    if NONE_HIGH / hours <= per_hour:
        return None
    return (
        f"{_time(hours)} are too few to promise a rate of {per_hour:g} per hour: even with no alarm it may be "
        f"{NONE_HIGH / hours:.2g} (95 %); give {_time(NONE_HIGH / per_hour)} or more"
    )


def cannot_show(per_hour: float, hours: float) -> str | None:
    """Why no threshold can be found for the rate; None where one can."""
    if per_hour * hours >= 1:
        return None
    return (
        f"{_time(hours)} of background cannot show a rate of {per_hour:g} alarms per hour, as a single one in them is "
        f"{1 / hours:.2g} per hour already: give {_time(1 / per_hour)} or more, or a higher rate"
    )


def _time(hours: float) -> str:
    """Hours, or minutes where they are few.

    >>> _time(12.345), _time(0.5), _time(0.01)
    ('12.3 hours', '30 minutes', '36 seconds')
    """
    for unit, length in (("hours", 1.0), ("minutes", 1 / 60), ("seconds", 1 / 3600)):
        if hours >= 1.5 * length or unit == "seconds":
            return f"{hours / length:.3g} {unit}"
    raise AssertionError
