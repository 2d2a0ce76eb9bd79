"""AudioSet: its official lists, in the spellings that are in use, and the clips' audio files, as one manifest.

The corpora that psl/soundscapes builds have the same layout and are read here too.
"""

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.audio_places.names import Clips
from psl.corpora.artefacts import ASKED, write_clips, write_strong
from psl.corpora.audioset_lists import (
    BALANCED,
    CLASS_LIST,
    EVAL,
    OFFICIAL,
    STRONG_EVAL,
    STRONG_TRAIN,
    UNBALANCED,
    NamesNoClip,
    read_segments,
    read_sources,
    read_strong,
)
from psl.corpora.list_files import copy_lists
from psl.corpora.ontology import ONTOLOGY, read_ontology
from psl.errors import PslError
from psl.params import AudioSet
from psl.progress import say
from psl.schemas import SEGMENTS
from psl.vocabulary import Vocabulary
from psl.windows import to_units

DRAW = 4  # random stream of the aud300h draw


def write_audioset(folder: Path, params: AudioSet) -> None:
    """Write what `write_corpus` writes, and a copy of the official lists."""
    write_corpus(folder, Path(params.lists), Path(params.audio), params.aud300h_hours, params.seed)
    copy_lists(Path(params.lists), OFFICIAL, folder)


def write_corpus(folder: Path, lists: Path, audio: Path, aud300h_hours: float, seed: int) -> None:
    """Write manifest.parquet, classes.csv and, where strong lists are, strong.parquet of the clips in `lists` to `folder`.

    Clips whose audio is not found in `audio` stay in the manifest with a null path. Raises PslError for lists that do not
    parse, contradict each other, or name classes outside their class list. The unbalanced list may be absent, which is said.
    """
    vocabulary = Vocabulary.read(lists / CLASS_LIST)
    balanced, evaluation = (_checked(lists / name, vocabulary) for name in (BALANCED, EVAL))
    unbalanced = _checked_or_none(lists / UNBALANCED, vocabulary)
    drawn = draw_aud300h(balanced, unbalanced, to_units(aud300h_hours * 3600, 1000), seed)
    subsets = ["balanced"] * len(balanced) + ["aud300h" if taken else "full" for taken in drawn] + ["eval"] * len(evaluation)
    segments = pa.concat_tables([balanced, unbalanced, evaluation])
    asked = _asked(segments, subsets, read_sources(lists))
    write_clips(folder, asked, audio, Clips(segments["ytid"].to_pylist(), *(segments[name].to_numpy() for name in ("start_ms", "end_ms"))))
    vocabulary.write(folder / "classes.csv")
    _write_strong(folder, lists, asked["clip_id"], vocabulary)


def draw_aud300h(balanced: pa.Table, unbalanced: pa.Table, limit_ms: int, seed: int) -> npt.NDArray[np.bool_]:
    """Which clips of the unbalanced list join the balanced ones: a seeded order of them by id, as far as the hours reach."""
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
        raise PslError(f"{path} labels the clip {clip} with {labels.flatten()[at]}, which is not in {path.parent / CLASS_LIST}")
    return segments


def _checked_or_none(path: Path, vocabulary: Vocabulary) -> pa.Table:
    """The segments of a list that need not be there: the balanced one and eval are a corpus, too."""
    try:
        if path.exists():
            return _checked(path, vocabulary)
    except NamesNoClip:
        pass
    say(
        f"{path} {'names no clip' if path.exists() else 'is not there'}: aud300h and full hold the balanced clips alone, so train on balanced"
    )
    return SEGMENTS.empty_table()


def _asked(segments: pa.Table, subsets: list[str], source_of: dict[str, str]) -> pa.Table:
    ytids = segments["ytid"]
    columns = {
        "clip_id": _clip_ids(segments),
        "subset": subsets,
        "labels": segments["labels"],
        "source": [source_of.get(ytid, ytid) for ytid in ytids.to_pylist()] if source_of else ytids,
    }
    return pa.table(columns, schema=ASKED)


def _clip_ids(segments: pa.Table) -> pa.ChunkedArray:
    """`{ytid}_{start in ms}`, the id that the strong lists use, too."""
    return pc.binary_join_element_wise(segments["ytid"], segments["start_ms"].cast(pa.string()), "_")


def _lengths_ms(segments: pa.Table) -> npt.NDArray[np.int64]:
    return pc.subtract(segments["end_ms"], segments["start_ms"]).to_numpy()


def _write_strong(folder: Path, lists: Path, clip_ids: pa.ChunkedArray, vocabulary: Vocabulary) -> None:
    """The events of the strong lists that are there; said is how many are of clips of no segment list, or of classes of no class list."""
    rows = [row for name in (STRONG_TRAIN, STRONG_EVAL) if (lists / name).exists() for row in read_strong(lists / name)]
    known = pc.is_in(pa.array([row[0] for row in rows], pa.string()), clip_ids.combine_chunks()).to_pylist()
    if not all(known):
        say(f"{known.count(False)} of {len(rows)} events of the strong lists in {lists} are of clips that no segment list names")
    kept = [row for row, there in zip(rows, known, strict=True) if there]
    _tell_outside(lists, Counter(mid for *_, mid in kept if mid not in vocabulary.index))
    write_strong(folder, kept)


def _tell_outside(lists: Path, events: Counter[str]) -> None:
    """Say how many events there are of each class outside the class list; the ontology, where it lies there, names one of them."""
    if not events:
        return
    mid = min(events, key=lambda mid: (-events[mid], mid))
    such = _named(lists / ONTOLOGY, mid)
    say(f"{events.total()} events of {len(events)} classes outside {CLASS_LIST}, such as {such}, are kept in strong.parquet and not scored")


def _named(ontology: Path, mid: str) -> str:
    """The mid behind its name, where the ontology lies there and has it; a damaged one is said, and stops nothing."""
    try:
        kind = read_ontology(ontology).get(mid) if ontology.exists() else None
    except PslError as error:
        say(str(error))
        return mid
    return f"{kind.name} ({mid})" if kind else mid
