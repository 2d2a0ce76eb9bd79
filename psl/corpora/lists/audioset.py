"""AudioSet: its official lists, in the spellings that are in use, and the clips' audio files, as one manifest.

The corpora that psl/corpora/synthetic builds have the same layout and are read here too.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.audio.places.segments import Segments
from psl.config import AudioSet
from psl.corpora.lists.audioset_lists import (
    BALANCED,
    CLASS_LIST,
    EVAL,
    OFFICIAL,
    STRONG_EVAL,
    STRONG_TRAIN,
    UNBALANCED,
    Event,
    NamesNoClip,
    read_segments,
    read_sources,
    read_strong,
)
from psl.corpora.lists.ontology import ONTOLOGY, read_ontology
from psl.corpora.lists.writer import LIST_COLUMNS, write_clips, write_strong
from psl.io.list_files import copy_lists, require_seconds
from psl.io.metadata.subsets import Subset, Subsets
from psl.io.metadata.vocabulary import Vocabulary
from psl.io.schemas import SEGMENTS
from psl.io.windows import to_units
from psl.runtime.errors import PslError
from psl.runtime.progress import log

LONG_S = 1000  # a clip of 1 s whose times are milliseconds
DRAW = 4  # random stream of the aud300h draw
LAYOUT = (
    Subset("balanced", trains=True),
    Subset("aud300h", trains=True, includes=("balanced",)),
    Subset("full", trains=True, includes=("balanced", "aud300h")),
    Subset("eval", trains=False),
)
SUBSETS = Subsets(LAYOUT, recordings="youtube")


def write(folder: Path, params: AudioSet) -> None:
    """Write what `write_corpus` writes, and a copy of the official lists."""
    write_corpus(folder, Path(params.source), Path(params.audio), params.aud300h_hours, seed=params.seed)
    copy_lists(Path(params.source), OFFICIAL, folder)


def write_corpus(folder: Path, lists: Path, audio: Path, aud300h_hours: float, *, seed: int) -> None:
    """Write manifest.parquet, classes.csv and, from strong lists, strong.parquet of the clips in `lists` to `folder`.

    Clips whose audio is not found in `audio` stay in the manifest with a null path. Raises PslError for lists that do
    not parse, contradict each other, or name classes outside their class list. The unbalanced list may be absent, which
    is logged.
    """
    vocabulary = Vocabulary.read(lists / CLASS_LIST)
    balanced, evaluation = (_checked(lists / name, vocabulary) for name in (BALANCED, EVAL))
    unbalanced = _checked_or_none(lists / UNBALANCED, vocabulary)
    drawn = draw_aud300h(balanced, unbalanced, to_units(aud300h_hours * 3600, 1000), seed)
    subsets = (
        ["balanced"] * len(balanced) + ["aud300h" if taken else "full" for taken in drawn] + ["eval"] * len(evaluation)
    )
    segments = pa.concat_tables([balanced, unbalanced, evaluation])
    clips = _clips(segments, subsets, read_sources(lists))
    write_clips(
        folder,
        clips,
        audio,
        Segments(segments["ytid"].to_pylist(), *(segments[name].to_numpy() for name in ("start_ms", "end_ms"))),
    )
    vocabulary.write(folder / "classes.csv")
    _write_strong(folder, lists, pa.table({"clip_id": clips["clip_id"], "ms": _lengths_ms(segments)}), vocabulary)


def draw_aud300h(balanced: pa.Table, unbalanced: pa.Table, limit_ms: int, seed: int) -> npt.NDArray[np.bool_]:
    """Which clips of the unbalanced list join the balanced ones: a random draw of ids, as many as the hours hold."""
    by_id = pc.sort_indices(_clip_ids(unbalanced)).to_numpy()
    order = by_id[np.random.default_rng([seed, DRAW, 0]).permutation(len(by_id))]
    room_ms = limit_ms - int(_lengths_ms(balanced).sum())
    taken = np.zeros(len(unbalanced), dtype=bool)
    taken[order] = np.cumsum(_lengths_ms(unbalanced)[order]) <= room_ms
    return taken


def _checked(path: Path, vocabulary: Vocabulary) -> pa.Table:
    """The segments of a list. Raises PslError for a label outside the vocabulary."""
    segments = read_segments(path)
    labels = segments["labels"].combine_chunks()
    outside = pc.invert(pc.is_in(labels.flatten(), pa.array(vocabulary.mids)))
    if pc.any(outside).as_py():
        at = pc.index(outside, True).as_py()
        clip = _clip_ids(segments)[labels.value_parent_indices()[at].as_py()]
        raise PslError(
            f"{path} labels the clip {clip} with {labels.flatten()[at]}, which is not in {path.parent / CLASS_LIST}"
        )
    shortest_s = _lengths_ms(segments).min() / 1000
    if shortest_s >= LONG_S:
        log(f"all clips of {path} last {shortest_s:g} s or more: if its times are milliseconds, divide them by 1000")
    return segments


def _checked_or_none(path: Path, vocabulary: Vocabulary) -> pa.Table:
    """The segments of a list that may be missing or empty: the balanced one and eval are a corpus, too."""
    try:
        if path.exists():
            return _checked(path, vocabulary)
    except NamesNoClip:
        pass
    fault = "names no clip" if path.exists() else "does not exist"
    log(f"{path} {fault}: aud300h and full hold the balanced clips alone, so train on balanced")
    return SEGMENTS.empty_table()


def _clips(segments: pa.Table, subsets: list[str], source_of: dict[str, str]) -> pa.Table:
    """The columns of the manifest that lists give."""
    ytids = segments["ytid"]
    columns = {
        "clip_id": _clip_ids(segments),
        "subset": subsets,
        "labels": segments["labels"],
        "source": [source_of.get(ytid, ytid) for ytid in ytids.to_pylist()] if source_of else ytids,
        "looked_for": [None] * len(segments),
    }
    return pa.table(columns, schema=LIST_COLUMNS)


def _clip_ids(segments: pa.Table) -> pa.ChunkedArray:
    """`{ytid}_{start in ms}`, the id that the strong lists use, too."""
    return pc.binary_join_element_wise(segments["ytid"], segments["start_ms"].cast(pa.string()), "_")


def _lengths_ms(segments: pa.Table) -> npt.NDArray[np.int64]:
    return pc.subtract(segments["end_ms"], segments["start_ms"]).to_numpy()


def _write_strong(folder: Path, lists: Path, clips: pa.Table, vocabulary: Vocabulary) -> None:
    """Write the events of the strong lists; how many are of clips or classes outside the other lists is logged.

    `clips` has ids and lengths in ms. Raises PslError for a list in milliseconds.
    """
    found = [_strong(lists / name, clips) for name in (STRONG_TRAIN, STRONG_EVAL) if (lists / name).exists()]
    kept, total = [event for events, _ in found for event in events], sum(total for _, total in found)
    if len(kept) < total:
        log(
            f"{total - len(kept)} of {total} events of the strong lists in {lists} are of clips "
            "that no segment list names"
        )
    _log_unknown_classes(lists, Counter(mid for *_, mid in kept if mid not in vocabulary.index))
    write_strong(folder, kept)


def _strong(path: Path, clips: pa.Table) -> tuple[list[Event], int]:
    """The events of a strong list that are of these clips, and how many it has; those behind their clip are logged."""
    events = list(read_strong(path))
    row_N = pc.index_in(pa.array([event[0] for event in events], pa.string()), clips["clip_id"].combine_chunks())
    length_N = pc.divide(pc.take(clips["ms"], row_N).cast(pa.float64()), 1000.0).to_pylist()
    kept = [(event, length_s) for event, length_s in zip(events, length_N, strict=True) if length_s is not None]
    require_seconds(path, [(event[2], length_s) for event, length_s in kept])
    behind = sum(event[1] >= length_s for event, length_s in kept)
    if behind:
        log(f"{behind} of {len(events)} events of {path} begin after the end of their clip")
    return [event for event, _ in kept], len(events)


def _log_unknown_classes(lists: Path, events: Counter[str]) -> None:
    """Log how many events are of classes outside the class list, and the most frequent of these classes."""
    if not events:
        return
    mid = min(events, key=lambda mid: (-events[mid], mid))
    example = _named(lists / ONTOLOGY, mid)
    log(
        f"{events.total()} events of {len(events)} classes outside {CLASS_LIST}, such as {example}, "
        "are kept in strong.parquet and not scored"
    )


def _named(ontology: Path, mid: str) -> str:
    """The mid with its name from the ontology, where there is one; a damaged one is logged, and stops nothing."""
    try:
        kind = read_ontology(ontology).get(mid) if ontology.exists() else None
    except PslError as error:
        log(str(error))
        return mid
    return f"{kind.name} ({mid})" if kind else mid
