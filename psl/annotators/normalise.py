"""Each window's samples made as loud as a model expects them, whatever the windows beside it."""

from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
LEAST_VARIANCE = 1e-7  # added to a window's variance, as transformers' feature extractors do


def normalise(x_BT: Floats, normalisation: Literal["none", "peak", "zero_mean_unit_variance"]) -> Floats:
    """Windows of samples, float32, as contract.normalisation says; silence stays silence.

    `peak`: x / max |x|. `zero_mean_unit_variance`: (x - mean) / sqrt(variance + 1e-7).
    """
    if normalisation == "none":
        return x_BT
    if normalisation == "peak":
        peak_B1 = np.abs(x_BT).max(axis=1, keepdims=True)
        peak_B1[peak_B1 == 0] = 1
        return x_BT / peak_B1
    double_BT = np.array(x_BT, np.float64, order="C")  # a sum of many samples loses digits in float32
    deviation_B1 = np.sqrt(double_BT.var(axis=1, keepdims=True) + LEAST_VARIANCE)
    normalised_BT = (double_BT - double_BT.mean(axis=1, keepdims=True)) / deviation_B1
    return normalised_BT.astype(np.float32)
