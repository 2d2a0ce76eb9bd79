"""Evaluation of taggers on whole clips: the summary, and its metrics."""
