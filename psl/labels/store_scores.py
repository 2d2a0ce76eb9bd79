"""Models' scores of the evaluation clips as rows of the label store, beside the weak label and the truth."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.clip_scores import ModelScores
from psl.io.schemas import Q_ONE
from psl.labels.store_corpus import CorpusClips
from psl.labels.store_rows import numbers, table_of
from psl.labels.store_tables import PERCENTS


def score_rows(key: str, scores: ModelScores, corpus: CorpusClips) -> pa.Table:
    """The rows of `scores` of a model, by rising clip: what is labelled, true, or above the lowest of PERCENTS."""
    number_N = numbers(pa.array(scores.clip_ids, pa.string()), corpus.manifest["clip_id"].combine_chunks())
    order_N = np.argsort(number_N)
    clip_N, mean = number_N[order_N], scores.mean()
    q_NC, highest_q_NC = (_quantised(p_NC[order_N]) for p_NC in (mean.p_NC, mean.highest_p_NC))
    number_C = [corpus.vocabulary.index[mid] for mid in scores.vocabulary.mids]
    weak_NC, known_NC = (each_NC[:, number_C] for each_NC in corpus.weak_of(clip_N))
    true_NC = corpus.true_of(clip_N)
    has_events_N: npt.NDArray[np.bool_] = np.logical_or.reduce(true_NC, axis=1)
    true_NC = true_NC[:, number_C]
    lowest = min(PERCENTS) * Q_ONE // 100
    n_X, c_X = np.nonzero((np.maximum(q_NC, highest_q_NC) > lowest) | weak_NC | true_NC)
    return table_of(
        [key] * len(n_X),
        clip_N[n_X],
        np.array(number_C, np.uint16)[c_X],
        q_NC[n_X, c_X],
        highest_q_NC[n_X, c_X],
        mean.start_ms_NC[order_N][n_X, c_X].astype(np.uint32),
        pa.array(weak_NC[n_X, c_X], mask=~known_NC[n_X, c_X]),
        pa.array(true_NC[n_X, c_X], mask=~has_events_N[n_X]),
    )


def _quantised(p_NC: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    return np.rint(p_NC.astype(np.float64) * Q_ONE).astype(np.uint16)
