"""Corpora: readers of official lists, synthetic and custom corpora, their manifests, splits and overlap."""
