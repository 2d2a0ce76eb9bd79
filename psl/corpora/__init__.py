"""Corpora as they lie on disk, each parsed from its official lists into one manifest: one file each."""
