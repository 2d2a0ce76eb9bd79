"""Read soft labels from Parquet."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from psl.io.labels.soft_labels import SoftLabels
from psl.io.labels.writer import METADATA_KEY
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import LABELS
from psl.runtime.errors import PslError


def read_labels(path: Path) -> SoftLabels:
    """Read what LabelWriter wrote. Raises PslError when the file is missing, damaged, or another file."""
    if not path.is_file():
        raise PslError(f"the labels {path} do not exist: run the stage that writes them (`dvc repro`)")
    try:
        with pq.ParquetFile(path) as file:
            return _soft_labels(file)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise PslError(
            f"{path} is not a file of soft labels as psl writes them ({' '.join(str(error).split())}): write it again"
        ) from error


def _soft_labels(file: pq.ParquetFile) -> SoftLabels:
    if not file.schema_arrow.equals(LABELS):
        raise ValueError(f"its columns are {', '.join(file.schema_arrow.names)}")
    metadata = json.loads(file.metadata.metadata[METADATA_KEY])
    table = file.read()
    clip_ids, clip_W = _clip_numbers(table["clip_id"])
    class_chunks, q_chunks = table["class_id"].chunks, table["q"].chunks
    kept_W = np.concatenate([np.diff(chunk.offsets) for chunk in class_chunks] or [np.empty(0, np.int32)])
    return SoftLabels(
        vocabulary=Vocabulary(tuple(metadata["mids"]), tuple(metadata["names"])),
        clip_ids=clip_ids,
        clip_W=clip_W,
        start_ms_W=table["start_ms"].to_numpy(),
        duration_ms_W=table["duration_ms"].to_numpy(),
        offsets=np.concatenate([[0], np.cumsum(kept_W, dtype=np.int64)]),
        class_K=np.concatenate([chunk.flatten().to_numpy() for chunk in class_chunks] or [np.empty(0, np.int16)]),
        q_K=np.concatenate([chunk.flatten().to_numpy() for chunk in q_chunks] or [np.empty(0, np.uint16)]),
        below_min_mean_C=np.array(metadata["tail"], np.float32),
        provenance=metadata["provenance"],
    )


def _clip_numbers(clip_id_W: pa.ChunkedArray) -> tuple[tuple[str, ...], npt.NDArray[np.int32]]:
    """The distinct clips in their order, and each window's clip number."""
    encoded = clip_id_W.combine_chunks().dictionary_encode()
    return tuple(encoded.dictionary.to_pylist()), encoded.indices.to_numpy().astype(np.int32)
