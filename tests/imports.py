"""Where this repository is, for tests."""

from pathlib import Path

from psl.runtime.imports import PACKAGES

__all__ = ["PACKAGES", "ROOT"]
ROOT = Path(__file__).parents[1]
