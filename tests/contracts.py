"""Contracts of made-up annotators, for tests."""

from psl.config.contract import Contract


def contract(**fields) -> Contract:
    """A waveform model at 16 kHz that takes any length and gives logits, but for `fields`."""
    stated = {
        "name": "fake",
        "licence": "MIT",
        "input": "waveform",
        "sample_rate_hz": 16_000,
        "window_samples": None,
        "normalisation": "none",
        "output": "logit",
        "classes": "classes.csv",
    }
    return Contract(**stated | fields)
