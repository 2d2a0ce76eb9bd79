"""Temporary stand-in until the metric branch has it."""
import numpy as np
from psl.metrics.psds import counted, scored
from psl.metrics.bootstrap import drawn_clips
def bootstrap_psds(scores, truth, criteria, draws, seed):
    ch, sizes = counted(scores, truth, criteria)
    n = len(sizes.duration_N)
    out=[]
    for d in range(draws):
        out.append(scored(ch, sizes, criteria, np.bincount(drawn_clips(n,d,seed),minlength=n).astype(float)).value)
    return np.array(out)
