"""Windows fitted to the length that a model takes: longer ones in pieces, shorter ones filled, by the contract."""

import numpy as np
import numpy.typing as npt

from psl.config.contract import Contract
from psl.io.windows import window_starts

Floats = npt.NDArray[np.float32]


def cut(x_BT: Floats, contract: Contract) -> Floats:
    """The pieces x_PT of the windows, one window's after the other's, each window with the same number of them.

    Pieces are contract.window_samples long (null: a window is its own piece, whatever its length). The last piece of a
    longer window is shifted back to end with the window, so that every sample is heard. A shorter window is one piece:
    repeated from its beginning, followed by zeros, or, for `model`, as short as it is.
    """
    length = contract.window_samples
    samples = x_BT.shape[1]
    if length is None or samples == length:
        return x_BT
    if samples < length:
        return _filled(x_BT, length, contract)
    starts = window_starts(samples, length, length)
    return np.stack([x_BT[:, start : start + length] for start in starts], axis=1).reshape(-1, length)


def pool(p_PC: Floats, windows: int, contract: Contract) -> Floats:
    """p_BC of `windows` windows from p_PC of the pieces that `cut` made of them.

    By contract.longer_windows it is the mean or the maximum over a window's pieces.
    """
    if len(p_PC) == windows:
        return p_PC
    p_BSC = p_PC.reshape(windows, -1, p_PC.shape[1])
    return p_BSC.max(axis=1) if contract.longer_windows == "max" else p_BSC.mean(axis=1)


def _filled(x_BT: Floats, length: int, contract: Contract) -> Floats:
    """Windows of `length` samples that begin with shorter ones, or the shorter ones for `model`."""
    samples = x_BT.shape[1]
    if contract.shorter_windows == "repeat":
        return x_BT[:, np.arange(length) % samples]
    return np.pad(x_BT, ((0, 0), (0, length - samples))) if contract.shorter_windows == "zeros" else x_BT
