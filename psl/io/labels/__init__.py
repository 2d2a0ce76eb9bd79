"""Soft labels on disk and as training targets."""
