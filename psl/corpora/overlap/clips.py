"""The clips of all corpora as numbered arrays: set, interval of a recording, source, and hash of the audio.

At most 500 bytes a clip while they are read (benchmarks/leaks.py): two million fit into a gigabyte.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.io.features.clip_status import present_mask, read_clip_status
from psl.io.metadata.manifest import read_manifest
from psl.io.metadata.subsets import Subsets
from psl.runtime.errors import PslError

DEFAULT_CLIP_MS = 10_000  # length of a clip whose id has no end and whose file no known length
OPEN_END_MS = 2**52  # of a clip that reaches to the end of its recording
START_ID = r"^(?P<video>.+)_(?P<start>\d{1,12})$"  # VIDEO_STARTMS
START_END_ID = (
    r"^Y(?P<video>.{11})_(?P<start>\d{1,9}(?:\.\d+)?)_(?P<end>\d{1,9}(?:\.\d+)?)$"  # YVIDEO_START_END, seconds
)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NamedIntervals:
    """One kind of name of N clips, as numbers (-1: none), and the interval that each clip covers of what is named."""

    name_N: Ints
    interval_ms_N2: Ints  # start, end


@dataclass(frozen=True)
class ClipCatalog:
    """N clips, by corpus and id, of S sets; a set is one subset of one corpus."""

    sets: list[tuple[str, str]]  # (corpus, subset)
    trains_S: npt.NDArray[np.bool_]  # whether models are trained on the set
    set_N: Ints
    clip_ids: pa.Array
    recording: NamedIntervals  # the published recording
    audio: NamedIntervals  # the file's bytes, by their hash; of clips that have features
    source: NamedIntervals  # the group of clips that share a recording, all of it

    def __len__(self) -> int:
        return len(self.set_N)

    @property
    def corpus_S(self) -> Ints:
        """Number of each set's corpus."""
        corpora = sorted({corpus for corpus, _ in self.sets})
        return np.array([corpora.index(corpus) for corpus, _ in self.sets], np.int64)


def read_catalog(metadata: Path, features: Path, corpora: Sequence[str]) -> ClipCatalog:
    """The clips of the manifests in `metadata`/CORPUS, in the order of `corpora`. Raises PslError without them.

    Audio is compared for clips with features in `features`/CORPUS only: empty or broken files have none.
    """
    subsets_of = {corpus: Subsets.read(metadata / corpus) for corpus in corpora}
    table = pa.concat_tables(
        _clips(read_manifest(metadata / corpus), _present(features / corpus), corpus, subsets_of[corpus].recordings)
        for corpus in corpora
    )
    set_names = pc.binary_join_element_wise(table["corpus"], table["subset"], "/")
    names = sorted(set(set_names.to_pylist()), key=lambda name: (corpora.index(name.split("/")[0]), name))
    sets = [(name.split("/")[0], name.split("/")[1]) for name in names]
    return ClipCatalog(
        sets=sets,
        trains_S=np.array([_trains(subsets_of[corpus], corpus, subset) for corpus, subset in sets], bool),
        set_N=pc.index_in(set_names, pa.array(names, pa.string())).to_numpy().astype(np.int64),
        clip_ids=table["clip_id"].combine_chunks(),
        recording=_intervals(table, "recording", "start_ms", "end_ms"),
        audio=_intervals(table, "audio_hash", "file_start_ms", "file_end_ms"),
        source=_intervals(table, "source", None, None),
    )


def _trains(subsets: Subsets, corpus: str, subset: str) -> bool:
    if subset not in subsets.names:
        raise PslError(
            f"the manifest of {corpus} has the subset {subset}, which its corpus.json does not name: "
            f"run the stage metadata of {corpus} again"
        )
    return subsets.get(subset).trains


def _present(features: Path) -> pa.ChunkedArray:
    """Ids of the clips that have features."""
    status = read_clip_status(features)
    return status["clip_id"].filter(present_mask(status))


def _clips(manifest: pa.Table, present: pa.ChunkedArray, corpus: str, recordings: str | None) -> pa.Table:
    """The manifest's clips; names of recordings and sources are in the namespace `recordings` or the corpus's own."""
    file_start_ms, file_end_ms = _ms(manifest["start_s"]), pc.fill_null(_ms(manifest["end_s"]), OPEN_END_MS)
    columns = {
        "corpus": pa.array([corpus] * len(manifest), pa.string()),
        "subset": manifest["subset"],
        "clip_id": manifest["clip_id"],
        "audio_hash": pc.if_else(pc.is_in(manifest["clip_id"], present), manifest["audio_hash"], None),
        "file_start_ms": file_start_ms,
        "file_end_ms": file_end_ms,
    }
    if recordings == "youtube":
        return pa.table(columns | _youtube(manifest, corpus, pc.subtract(file_end_ms, file_start_ms)))
    if recordings == "freesound":
        recording = source = _freesound(manifest["source"], corpus)
    else:
        recording, source = _own(corpus, manifest["clip_id"]), _own(corpus, manifest["source"])
    return pa.table(columns | {"recording": recording, "source": source} | _whole(len(manifest)))


def _youtube(manifest: pa.Table, corpus: str, length_ms: pa.ChunkedArray) -> dict[str, pa.ChunkedArray | pa.Array]:
    """Intervals of YouTube videos, from ids of either form; an id of another form is the corpus's own recording."""
    start_end = pc.extract_regex(manifest["clip_id"], START_END_ID)
    start_only = pc.extract_regex(manifest["clip_id"], START_ID)
    video = pc.coalesce(pc.struct_field(start_end, "video"), pc.struct_field(start_only, "video"))
    start_only_ms = pc.struct_field(start_only, "start").cast(pa.int64())
    start_ms = pc.coalesce(_ms(pc.struct_field(start_end, "start").cast(pa.float64())), start_only_ms)
    end_ms = pc.coalesce(
        _ms(pc.struct_field(start_end, "end").cast(pa.float64())),
        pc.add(start_only_ms, pc.if_else(pc.less(length_ms, DEFAULT_CLIP_MS), length_ms, DEFAULT_CLIP_MS)),
    )
    youtube, own = pc.binary_join_element_wise("youtube", video, " "), _own(corpus, manifest["source"])
    return {
        "recording": pc.coalesce(youtube, _own(corpus, manifest["clip_id"])),
        "source": pc.if_else(pc.fill_null(pc.equal(video, manifest["source"]), False), youtube, own),
        "start_ms": pc.fill_null(start_ms, 0),
        "end_ms": pc.fill_null(end_ms, OPEN_END_MS),
    }


def _freesound(source: pa.ChunkedArray, corpus: str) -> pa.ChunkedArray:
    """Numbers are Freesound ids, URLs are unique (Flickr videos); any other name is the corpus's own."""
    freesound = pc.binary_join_element_wise("freesound", source, " ")
    elsewhere = pc.if_else(pc.match_substring(source, "://"), source, _own(corpus, source))
    return pc.if_else(pc.match_substring_regex(source, r"^\d+$"), freesound, elsewhere)


def _own(corpus: str, name: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(f"corpus {corpus}", name, " ")


def _whole(clips: int) -> dict[str, pa.Array]:
    return {"start_ms": pa.array(np.zeros(clips, np.int64)), "end_ms": pa.array(np.full(clips, OPEN_END_MS))}


def _ms(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.round(pc.multiply(seconds, 1000.0)).cast(pa.int64())


def _intervals(table: pa.Table, name: str, start: str | None, end: str | None) -> NamedIntervals:
    codes = table[name].combine_chunks().dictionary_encode().indices
    bounds = [table[column].to_numpy() for column in (start, end) if column]
    whole = np.tile(np.array([0, OPEN_END_MS], np.int64), (len(table), 1))
    return NamedIntervals(
        pc.fill_null(codes, -1).to_numpy().astype(np.int64), np.stack(bounds, axis=1) if bounds else whole
    )
