"""Metrics of audio tagging, one file a family; `reference.py` holds the slow forms that the tests compare with."""
