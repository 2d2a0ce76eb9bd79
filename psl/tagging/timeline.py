"""The loudest classes of a recording over time, as lines that one can read on a terminal."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.tagging.scores import WindowScores

SHADES = " ▁▂▃▄▅▆▇█"  # a score of 0 to 1, in eighths rounded to the nearest
COLUMNS = 60

Scores = npt.NDArray[np.float32]


def timeline(windows: Iterable[WindowScores], vocabulary: Vocabulary, top: int) -> str:
    """A line for each of the `top` classes with the highest scores, the highest first, below an axis of time.

    A column is the highest score of the windows that begin in it; memory holds twice as many columns as are shown.
    Raises PslError for a `top` below 1.
    """
    if top < 1:
        raise PslError(f"a timeline of the top {top} classes shows nothing: give 1 or more")
    columns, per_column, n_windows = list[Scores](), 1, 0
    peak_C, peak_ms_C, end_ms = np.zeros(len(vocabulary), np.float32), np.zeros(len(vocabulary), np.int64), 0
    for window in windows:
        if n_windows % per_column:
            columns[-1] = np.maximum(columns[-1], window.p_C)
        else:
            columns.append(window.p_C)
        if len(columns) == 2 * COLUMNS and (n_windows + 1) % per_column == 0:
            columns = [np.maximum(*pair) for pair in zip(columns[::2], columns[1::2], strict=True)]
            per_column *= 2
        peak_ms_C = np.where(window.p_C > peak_C, window.start_ms, peak_ms_C)
        peak_C, end_ms, n_windows = np.maximum(peak_C, window.p_C), window.end_ms, n_windows + 1
    return "\n".join(_lines(np.stack(columns), peak_C, peak_ms_C, vocabulary, top=top, end_ms=end_ms))


def _lines(
    p_KC: Scores, peak_C: Scores, peak_ms_C: npt.NDArray[np.int64], vocabulary: Vocabulary, *, top: int, end_ms: int
) -> Iterable[str]:
    best = np.argsort(-peak_C, kind="stable")[:top].tolist()
    width = max(len(vocabulary.names[c]) for c in best)
    p_KC = p_KC if len(p_KC) <= COLUMNS else np.maximum.reduceat(p_KC, np.arange(0, len(p_KC), 2))
    end = clock(end_ms)
    yield f"{'':{width}}  0:00{end:>{max(len(p_KC) - 4, len(end) + 1)}}"
    for c in best:
        shades = "".join(SHADES[round(float(p) * (len(SHADES) - 1))] for p in p_KC[:, c])
        yield f"{vocabulary.names[c]:{width}} |{shades}| {peak_C[c]:.2f} at {clock(int(peak_ms_C[c]))}"


def clock(ms: int) -> str:
    """Minutes and seconds, with hours where there are any.

    >>> clock(0), clock(75_400), clock(36_000_000)
    ('0:00', '1:15', '10:00:00')
    """
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
