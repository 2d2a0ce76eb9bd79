"""Metrics of audio tagging, one file a family; `reference.py` holds the slow forms that the tests compare with."""

DIGITS = 6  # after the point, of every number that is written: more would differ from machine to machine
