"""Where scores stand in time: the stretch that each step of a network stands for, and windows that overlap averaged on a grid."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def step_edges(frames: int, frames_per_step: int, frame_s: float, duration_s: float) -> Floats:
    """Edges in seconds of the steps of a clip of `frames` frames, shape (steps + 1,), from 0 to `duration_s`.

    A strided convolution looks at as many frames before its centre as behind, and frames are centred, too: step k is
    centred on frame k x `frames_per_step`. So the first step is half as long as the others, and the last ends with the clip.

    >>> step_edges(251, 32, 0.04, 10.0).round(2).tolist()
    [0.0, 0.64, 1.92, 3.2, 4.48, 5.76, 7.04, 8.32, 10.0]
    """
    steps = -(-frames // frames_per_step)
    inner = (np.arange(1, steps) - 0.5) * frames_per_step * frame_s
    return np.concatenate([[0.0], inner, [duration_s]])


def grid_edges_ms(duration_ms: int, hop_ms: int) -> npt.NDArray[np.int64]:
    """Edges of cells of `hop_ms` from 0 to `duration_ms`; the last cell may be shorter.

    >>> grid_edges_ms(1000, 400).tolist(), grid_edges_ms(800, 400).tolist()
    ([0, 400, 800, 1000], [0, 400, 800])
    """
    return np.append(np.arange(0, duration_ms, hop_ms), duration_ms)


def on_grid(p_WC: npt.NDArray[np.floating], start_ms_W: npt.NDArray[np.int64], length_ms: int, edges_ms: npt.NDArray[np.int64]) -> Floats:
    """Scores of windows as scores p_GC of the grid's cells: the mean of the windows that cover a cell, by how much of it they cover.

    Windows of one clip as psl.windows.window_starts gives them leave no cell uncovered.
    """
    start_W1, edges_G = start_ms_W[:, None], edges_ms[None]
    shared_WG = np.minimum(start_W1 + length_ms, edges_G[:, 1:]) - np.maximum(start_W1, edges_G[:, :-1])
    weight_WG = np.maximum(shared_WG, 0).astype(np.float64)
    p_GC: Floats = (weight_WG / weight_WG.sum(axis=0)).T @ p_WC.astype(np.float64)
    return p_GC
