"""The store of models' scores: what each model gives the evaluation clips, beside weak labels and truth, in DuckDB.

It is a file of its own, so that the label store waits for no training; psl.labels.open_store opens both.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from psl.io.clip_scores import ModelScores, read_clip_scores
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import Q_ONE
from psl.labels.score_tables import CREATE_SCORE_TABLES, CREATE_SCORE_VIEWS
from psl.labels.store_corpus import CorpusClips, corpus_types
from psl.labels.store_rows import all_clips, class_rows, clip_rows, numbers, table_of
from psl.labels.store_tables import LOWEST_Q
from psl.labels.store_writer import writing
from psl.runtime.errors import PslError


def build_score_store(path: Path, scores: Mapping[str, Path], metadata: Path, vocabulary: Vocabulary) -> None:
    """Write the scores of each model, by its key, from the files of write_clip_scores. Same inputs, same bytes.

    `metadata` is the folder of the corpus's manifest, and `vocabulary` its classes, of which a model may lack some.
    Memory holds the scores of one model. Raises PslError for scores of other classes, and for a clip that is not in the
    manifest.
    """
    clip_ids = [_clips(key, read_clip_scores(source, key), vocabulary) for key, source in scores.items()]
    corpus = CorpusClips.read(metadata, vocabulary, all_clips(clip_ids).to_pylist())
    with writing(path, CREATE_SCORE_VIEWS) as store:
        store.create(corpus_types(corpus) | {"model_key": list(scores)}, CREATE_SCORE_TABLES)
        store.insert("clips", [clip_rows(corpus)])
        store.insert("classes", [class_rows(vocabulary)])
        store.insert("scores", (_rows(key, read_clip_scores(source, key), corpus) for key, source in scores.items()))


def _clips(key: str, scores: ModelScores, vocabulary: Vocabulary) -> pa.StringArray:
    """The clips of a model, whose classes are checked."""
    if foreign := {*scores.vocabulary.mids} - {*vocabulary.mids}:
        raise PslError(
            f"the scores of {key} are of {len(foreign)} classes that the corpus does not have, such as {min(foreign)}: "
            "evaluate that model again"
        )
    return pa.array(scores.clip_ids, pa.string())


def _rows(key: str, scores: ModelScores, corpus: CorpusClips) -> pa.Table:
    """By rising clip, the classes that the model has and that are a weak label, true, or above LOWEST_Q."""
    number_N = numbers(pa.array(scores.clip_ids, pa.string()), corpus.manifest["clip_id"].combine_chunks())
    order_N, number_C = np.argsort(number_N), [corpus.vocabulary.index[mid] for mid in scores.vocabulary.mids]
    clip_N, mean = number_N[order_N], scores.mean()
    q_NC, highest_q_NC = (_quantised(p_NC[order_N]) for p_NC in (mean.p_NC, mean.highest_p_NC))
    known = corpus.known_of(clip_N)
    labelled_NC = (known.weak_NC | known.true_NC)[:, number_C]
    n_X, c_X = np.nonzero((np.maximum(q_NC, highest_q_NC) > LOWEST_Q) | labelled_NC)
    start_ms_X = mean.start_ms_NC[order_N][n_X, c_X].astype(np.uint32)
    values = q_NC[n_X, c_X], highest_q_NC[n_X, c_X], start_ms_X
    class_X = np.array(number_C, np.intp)[c_X]
    return table_of([key] * len(n_X), clip_N[n_X], class_X.astype(np.uint16), *values, *known.of(n_X, class_X))


def _quantised(p_NC: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    return np.rint(p_NC.astype(np.float64) * Q_ONE).astype(np.uint16)
