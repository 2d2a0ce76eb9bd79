"""How sure a PSDS is: its value over bootstrap draws of the clips.

A draw takes as many clips as there are, with replacement; a clip drawn twice counts twice, its duration and events too. The runs of
scores are compared with the events only once: a draw weighs each clip's changes of the counts and adds them up anew. The same seed
draws the same clips whatever is scored, so draws of PSDS-1 and PSDS-2, or of two models, can be combined draw by draw. For an interval
give the draws and the PSDS of all clips to `psl.metrics.bootstrap.interval`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from psl.metrics.bootstrap import drawn_clips
from psl.metrics.detection import ClipScores, Truth
from psl.metrics.psds import Criteria, counted, scored


def bootstrap_psds(scores: Mapping[str, ClipScores], truth: Truth, criteria: Criteria, draws: int, seed: int) -> npt.NDArray[np.float64]:
    """PSDS of each draw, shape (D,), a function of `seed` and the draw's number; classes without events in a draw are left out of it.

    nan for a draw without events, or with those of one class only where there are cross triggers. Raises PslError as `psds` does.
    """
    class_changes, sizes = counted(scores, truth, criteria)
    clips = len(sizes.duration_N)
    weights = (np.bincount(drawn_clips(clips, draw, seed), minlength=clips).astype(np.float64) for draw in range(draws))
    least = 2 if criteria.alpha_ct else 1
    return np.array(
        [
            scored(class_changes, sizes, criteria, weight_N).value if np.count_nonzero(weight_N @ sizes.events_NC) >= least else np.nan
            for weight_N in weights
        ],
        dtype=np.float64,
    )
