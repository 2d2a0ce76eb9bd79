"""The times of scores: the steps of a network, and windows that overlap averaged on a grid."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def step_edges(steps: int, duration_s: float) -> Floats:
    """Edges in seconds of a network's `steps` over a clip, shape (steps + 1,): they share the clip equally.

    A strided convolution centres step k on frame k x stride, half a step earlier than this. But what the network learns
    is the mean of its steps over a whole window, and so it looks ahead: scores agree best with the truth in between
    (docs/LOG.md).

    >>> step_edges(8, 10.0).tolist()
    [0.0, 1.25, 2.5, 3.75, 5.0, 6.25, 7.5, 8.75, 10.0]

    """
    return np.arange(steps + 1) * duration_s / steps


def grid_edges_ms(duration_ms: int, hop_ms: int) -> npt.NDArray[np.int64]:
    """Edges of cells of `hop_ms` from 0 to `duration_ms`; the last cell may be shorter.

    >>> grid_edges_ms(1000, 400).tolist(), grid_edges_ms(800, 400).tolist()
    ([0, 400, 800, 1000], [0, 400, 800])
    """
    return np.append(np.arange(0, duration_ms, hop_ms), duration_ms)


def on_grid(
    p_WC: npt.NDArray[np.floating], start_ms_W: npt.NDArray[np.int64], length_ms: int, edges_ms: npt.NDArray[np.int64]
) -> Floats:
    """Scores p_GC of the grid's cells: the mean of the windows over a cell, weighted by how much of it they cover.

    Windows of one clip as psl.io.windows.window_starts gives them leave no cell uncovered.
    """
    start_W1, edges_G = start_ms_W[:, None], edges_ms[None]
    shared_WG = np.minimum(start_W1 + length_ms, edges_G[:, 1:]) - np.maximum(start_W1, edges_G[:, :-1])
    weight_WG = np.maximum(shared_WG, 0).astype(np.float64)
    p_GC: Floats = (weight_WG / weight_WG.sum(axis=0)).T @ p_WC.astype(np.float64)
    return p_GC
