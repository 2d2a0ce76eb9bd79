"""Metrics of tagging and of detection, one file a family; `reference.py` and `reference_psds.py` hold the slow forms to compare with."""

import math

DIGITS = 6  # after the point, of every number that is written: more would differ from machine to machine


def rounded(value: float) -> float | None:
    """A number as it is written: rounded to DIGITS; None for what JSON has no word for."""
    return round(float(value), DIGITS) if math.isfinite(value) else None
