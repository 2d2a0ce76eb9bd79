"""psl: pseudo strong labels for audio tagging, as a pure library (no DVC, no Prefect, no params.yaml path).

Shapes: `x_BT` samples, `mel_BTF` log-mel features, `p_BC` probabilities;
B batch, T samples or frames, F mel bands, W windows, C classes, K kept labels, N clips.
"""

__version__ = "0.1.0"
