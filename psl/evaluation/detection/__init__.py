"""Evaluation of sound event detection: scores over time, smoothed and compared with onsets and offsets."""
