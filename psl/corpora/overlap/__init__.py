"""Finds clips of training sets in evaluation sets, by id, source, audio and fingerprint; reports and excludes them."""
