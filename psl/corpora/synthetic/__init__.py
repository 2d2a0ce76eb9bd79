"""Weakly labelled scenes built from a bank of isolated sounds, in AudioSet's official layout."""
