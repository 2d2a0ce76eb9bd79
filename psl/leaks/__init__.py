"""Clips that stand both in a training and in an evaluation set: found by id, source, audio and fingerprint, told, left out."""
