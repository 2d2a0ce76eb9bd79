"""Rounding of the numbers that reports hold."""

import math

DIGITS = 6  # after the point: more would differ from machine to machine


def rounded(value: float) -> float | None:
    """`value` rounded to DIGITS; None for nan and infinity, which JSON lacks."""
    return round(float(value), DIGITS) if math.isfinite(value) else None
