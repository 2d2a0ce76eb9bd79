"""Trained networks on disk and on their device, as annotators."""
