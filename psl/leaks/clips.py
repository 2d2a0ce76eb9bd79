"""The clips of all corpora as numbered arrays: which set, which recording and stretch of it, which source, which bytes.

At most 500 bytes a clip while they are read (benchmarks/leaks.py): two million fit into a gigabyte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.features.clip_table import present_rows
from psl.features.clip_table import read_clips as read_outcomes
from psl.leaks.roles import FREESOUND_KINDS, YOUTUBE_KINDS, trains
from psl.manifest import read_manifest

LONGEST_MS = 10_000  # of AudioSet's clips: the length of one whose file is the clip
END_MS = 2**52  # of a clip that reaches to the end of its recording
AUDIOSET_ID = r"^(?P<video>.+)_(?P<start>\d{1,12})$"
DESED_ID = r"^Y(?P<video>.{11})_(?P<start>\d{1,9}(?:\.\d+)?)_(?P<end>\d{1,9}(?:\.\d+)?)$"
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Named:
    """A name of each clip as a number, -1 for none, and the stretch in ms of what is named so."""

    name_N: Ints
    stretch_N2: Ints


@dataclass(frozen=True)
class Clips:
    """N clips, by corpus and id. `sets` are (corpus, subset) by name."""

    sets: list[tuple[str, str]]
    set_N: Ints
    clip_ids: pa.Array
    recording: Named  # as published
    audio: Named  # bytes of the file, and the clip's place in it; of clips that have features
    source: Named  # groups that share a recording, all of it

    def __len__(self) -> int:
        return len(self.set_N)

    @property
    def trains_S(self) -> npt.NDArray[np.bool_]:
        """Whether each set trains."""
        return np.array([trains(*name) for name in self.sets], bool)

    @property
    def corpus_S(self) -> Ints:
        """Number of each set's corpus."""
        corpora = sorted({corpus for corpus, _ in self.sets})
        return np.array([corpora.index(corpus) for corpus, _ in self.sets], np.int64)


def read_clips(metadata: Path, features: Path, kinds: Mapping[str, str]) -> Clips:
    """The clips of the manifests in `metadata`/<corpus>; `kinds` gives the kind of each corpus. Raises PslError for a missing one.

    What has no features in `features`/<corpus>, such as empty files, is no audio that two clips share.
    """
    tables = pa.concat_tables(
        [_clips(read_manifest(metadata / corpus), _present(features / corpus), corpus, kinds[corpus]) for corpus in sorted(kinds)]
    )
    set_names = pc.binary_join_element_wise(tables["corpus"], tables["subset"], "/")
    sets = sorted(set(set_names.to_pylist()))
    return Clips(
        sets=[(name.split("/")[0], name.split("/")[1]) for name in sets],
        set_N=pc.index_in(set_names, pa.array(sets, pa.string())).to_numpy().astype(np.int64),
        clip_ids=tables["clip_id"].combine_chunks(),
        recording=_named(tables, "recording", "start_ms", "end_ms"),
        audio=_named(tables, "audio_hash", "file_start_ms", "file_end_ms"),
        source=_named(tables, "source", None, None),
    )


def _present(features: Path) -> pa.ChunkedArray:
    """Ids of the clips that have features."""
    outcomes = read_outcomes(features)
    return outcomes["clip_id"].filter(present_rows(outcomes))


def _clips(manifest: pa.Table, present: pa.ChunkedArray, corpus: str, kind: str) -> pa.Table:
    """The manifest's clips with global names of recording and source."""
    file_start_ms, file_end_ms = _ms(manifest["start_s"]), pc.fill_null(_ms(manifest["end_s"]), END_MS)
    columns = {
        "corpus": pa.array([corpus] * len(manifest), pa.string()),
        "subset": manifest["subset"],
        "clip_id": manifest["clip_id"],
        "audio_hash": pc.if_else(pc.is_in(manifest["clip_id"], present), manifest["audio_hash"], None),
        "file_start_ms": file_start_ms,
        "file_end_ms": file_end_ms,
    }
    if kind in YOUTUBE_KINDS:
        return pa.table(columns | _videos(manifest, corpus, kind, pc.subtract(file_end_ms, file_start_ms)))
    recording = _freesound(manifest["source"], corpus) if kind in FREESOUND_KINDS else _own(corpus, manifest["clip_id"])
    source = recording if kind in FREESOUND_KINDS else _own(corpus, manifest["source"])
    return pa.table(columns | {"recording": recording, "source": source} | _whole(len(manifest)))


def _videos(manifest: pa.Table, corpus: str, kind: str, length_ms: pa.ChunkedArray) -> dict[str, pa.ChunkedArray | pa.Array]:
    """Stretches of YouTube's videos, as the ids of AudioSet and DESED say them; another id names a recording of the corpus itself."""
    parts = pc.extract_regex(manifest["clip_id"], DESED_ID if kind == "desed" else AUDIOSET_ID)
    video, start = pc.struct_field(parts, "video"), pc.struct_field(parts, "start")
    start_ms = _ms(start.cast(pa.float64())) if kind == "desed" else start.cast(pa.int64())
    if kind == "desed":
        end_ms = _ms(pc.struct_field(parts, "end").cast(pa.float64()))
    else:
        end_ms = pc.add(start_ms, pc.if_else(pc.less(length_ms, LONGEST_MS), length_ms, LONGEST_MS))
    youtube, own = pc.binary_join_element_wise("youtube", video, " "), _own(corpus, manifest["source"])
    return {
        "recording": pc.coalesce(youtube, _own(corpus, manifest["clip_id"])),
        "source": pc.if_else(pc.fill_null(pc.equal(video, manifest["source"]), False), youtube, own),
        "start_ms": pc.fill_null(start_ms, 0),
        "end_ms": pc.fill_null(end_ms, END_MS),
    }


def _freesound(source: pa.ChunkedArray, corpus: str) -> pa.ChunkedArray:
    """Freesound's ids are numbers and addresses are unique; any other name is the corpus's own."""
    freesound = pc.binary_join_element_wise("freesound", source, " ")
    elsewhere = pc.if_else(pc.match_substring(source, "://"), source, _own(corpus, source))
    return pc.if_else(pc.match_substring_regex(source, r"^\d+$"), freesound, elsewhere)


def _own(corpus: str, name: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(f"corpus {corpus}", name, " ")


def _whole(clips: int) -> dict[str, pa.Array]:
    return {"start_ms": pa.array(np.zeros(clips, np.int64)), "end_ms": pa.array(np.full(clips, END_MS))}


def _ms(seconds: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.round(pc.multiply(seconds, 1000.0)).cast(pa.int64())


def _named(table: pa.Table, name: str, start: str | None, end: str | None) -> Named:
    codes = table[name].combine_chunks().dictionary_encode().indices
    stretches = [table[column].to_numpy() for column in (start, end) if column]
    whole = np.tile(np.array([0, END_MS], np.int64), (len(table), 1))
    return Named(pc.fill_null(codes, -1).to_numpy().astype(np.int64), np.stack(stretches, 1) if stretches else whole)
