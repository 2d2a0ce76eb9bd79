"""What a corpus knows of the clips in the label store: where they lie, their weak labels, and their true events."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.metadata.manifest import clips_of, known_targets, read_manifest, weak_targets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.parquet import read_parquet
from psl.io.schemas import STRONG
from psl.io.windows import to_units

EVENTS = "strong.parquet"
Bools = npt.NDArray[np.bool_]


class CorpusClips(NamedTuple):
    """The clips of a store, in the order of their ids, and what is known of them."""

    folder: Path  # of the manifest, to which its paths are relative
    vocabulary: Vocabulary
    manifest: pa.Table  # MANIFEST
    events: pa.Table  # clip_number, ascending, class_number, onset_ms, offset_ms; of the vocabulary's classes

    @classmethod
    def read(cls, folder: Path, vocabulary: Vocabulary, clip_ids: Sequence[str]) -> "CorpusClips":
        """Of the corpus in `folder`. Raises PslError for a clip that is not in its manifest."""
        manifest = clips_of(read_manifest(folder), tuple(clip_ids))
        return cls(folder, vocabulary, manifest, _events(folder, vocabulary, clip_ids))

    def weak_of(self, number_N: npt.NDArray[np.integer]) -> tuple[Bools, Bools]:
        """The weak labels y_NC of the clips with these numbers, and which of them are known, known_NC."""
        rows = self.manifest.take(pa.array(number_N))
        y_NC, known_NC = weak_targets(rows, self.vocabulary), known_targets(rows, self.vocabulary)
        return y_NC, np.ones_like(y_NC) if known_NC is None else known_NC

    def known_of(self, number_N: npt.NDArray[np.integer]) -> "Known":
        """All that is known of the clips with these ascending numbers, of which there is one."""
        true_NC = self.true_of(number_N)
        return Known(*self.weak_of(number_N), true_NC, np.logical_or.reduce(true_NC, axis=1))

    def true_of(self, number_N: npt.NDArray[np.integer]) -> Bools:
        """Which classes have an event, y_NC, in the clips with these ascending numbers, of which there is one."""
        y_NC = np.zeros((len(number_N), len(self.vocabulary)), bool)
        begin, end = np.searchsorted(self.events["clip_number"].to_numpy(), [number_N[0], number_N[-1] + 1])
        events = self.events.slice(begin, end - begin)
        row_E = np.searchsorted(number_N, events["clip_number"].to_numpy())
        inside_E = number_N[row_E] == events["clip_number"].to_numpy()
        y_NC[row_E[inside_E], events["class_number"].to_numpy()[inside_E]] = True
        return y_NC


class Known(NamedTuple):
    """What is known of the classes of N clips, each of shape (N, C) but the last."""

    weak_NC: Bools
    looked_for_NC: Bools
    true_NC: Bools
    has_events_N: Bools

    def of(self, n_X: npt.NDArray[np.intp], c_X: npt.NDArray[np.intp]) -> tuple[pa.Array, pa.Array]:
        """The columns weak and truth of these cells: null where nobody looked, and of clips without a known event."""
        weak = pa.array(self.weak_NC[n_X, c_X], mask=~self.looked_for_NC[n_X, c_X])
        return weak, pa.array(self.true_NC[n_X, c_X], mask=~self.has_events_N[n_X])


def corpus_types(corpus: CorpusClips) -> dict[str, Sequence[str] | pa.ChunkedArray]:
    """The values of a store's ENUM types that name clips and classes."""
    return {
        "clip_name": corpus.manifest["clip_id"],
        "subset_name": sorted(set(corpus.manifest["subset"].to_pylist())),
        "class_mid": corpus.vocabulary.mids,
        "class_name": sorted(set(corpus.vocabulary.names)),
    }


def _events(folder: Path, vocabulary: Vocabulary, clip_ids: Sequence[str]) -> pa.Table:
    """The events of these clips and of the vocabulary's classes; none where the corpus has no table of them."""
    path = folder / EVENTS
    table = read_parquet(path, STRONG, "table of events", "metadata") if path.is_file() else STRONG.empty_table()
    clips = pc.index_in(table["clip_id"], pa.array(clip_ids, pa.string()))
    classes = pc.index_in(table["mid"], pa.array(vocabulary.mids))
    known = pc.and_(pc.is_valid(clips), pc.is_valid(classes))
    times = table.filter(known)
    return pa.table(
        {
            "clip_number": clips.filter(known).cast(pa.uint32()),
            "class_number": classes.filter(known).cast(pa.uint16()),
            "onset_ms": _milliseconds(times["onset_s"]),
            "offset_ms": _milliseconds(times["offset_s"]),
        }
    )


def _milliseconds(seconds: pa.ChunkedArray) -> pa.Array:
    """Whole milliseconds; null stays null."""
    return pa.array([None if each is None else to_units(each, 1000) for each in seconds.to_pylist()], pa.uint32())
