"""Evaluation of taggers, detectors and transfer, with their metrics, one file each."""
