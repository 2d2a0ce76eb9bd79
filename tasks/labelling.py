"""Windows and whole clips labelled by the annotators, with the cache and the runner that all stages share."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from psl.annotators.inference.annotate import annotate
from psl.annotators.inference.clip_scores import Highest, clip_scores, highest_of_windows
from psl.annotators.inference.labels import Labels
from psl.annotators.inference.scorer import Windowing
from psl.config import Params, Student
from psl.io.features.store import FeatureStore
from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from tasks import stage
from tasks.shard_runs import shard_runner

if TYPE_CHECKING:
    from psl.annotators.members import Member, Members


def windowing_of(params: Params, student: Student) -> Windowing:
    """How clips are cut into the windows that a student learns."""
    assert student.window_seconds is not None and student.hop_seconds is not None  # psl.config.Student has both
    return Windowing.of_seconds(student.window_seconds, student.hop_seconds, params.annotate.last_window)


class Writer(Protocol):
    """What takes the labels of clips, in the order of their ids, such as LabelWriter."""

    def add(self, clip_id: str, start_ms_W: Any, duration_ms: int, p_WC: npt.NDArray[np.float32], /) -> None:
        """The windows of one clip: their starts, their common duration, their probabilities."""


def label_clips(
    params: Params,
    name: str,
    store: FeatureStore,
    windowing: Windowing,
    *,
    members: "Members",
    writer: Writer,
    parts: Mapping[str, int],
) -> None:
    """Hand the mean of the members' labels of every window to `writer`; `name` is that of the stage.

    `parts` are those of the clips that cross-fitted members learnt by turns; a clip without one gets the mean of all.
    """
    labels = [label_windows(params, name, store, windowing, member=member) for member in members.members]
    for number in labels[0].sorted_numbers():
        clip_id = store.clip_ids[number]
        p_WC = members.mean([of_member[number] for of_member in labels], parts.get(clip_id))
        writer.add(clip_id, labels[0].starts(number), windowing.length_ms, p_WC)


def clip_labels(
    members: "Members", store: FeatureStore, metadata: Path, inference_batch_size: int
) -> npt.NDArray[np.float32]:
    """The mean of the members' probabilities of whole clips, shape (N, C) in the store's order."""
    from psl.annotators.inference.clips.choose import clips_for  # torch: see tasks/stage.py

    annotators = [member.annotator for member in members.members]
    return members.mean(
        [clip_scores(each, clips_for(each, store, metadata), inference_batch_size) for each in annotators]
    )


def highest_labels(
    members: "Members", store: FeatureStore, metadata: Path, windowing: Windowing, *, inference_batch_size: int
) -> Highest:
    """The highest of the members' mean probabilities of a clip's windows, shape (N, C) in the store's order."""
    from psl.annotators.inference.clips.choose import clips_for  # torch: see tasks/stage.py

    annotators = [member.annotator for member in members.members]
    clips = [(each, clips_for(each, store, metadata)) for each in annotators]
    return highest_of_windows(clips, members.mean, windowing, inference_batch_size)


def label_windows(params: Params, name: str, store: FeatureStore, windowing: Windowing, *, member: "Member") -> Labels:
    """One annotator's labels of every window; the stage `name` computes those that are not in its cache."""
    from psl.annotators.inference.clips.choose import clips_for  # torch: see tasks/stage.py

    annotator = member.annotator
    on_one_device = annotator.device == "cuda"
    with shard_runner(params, name, in_threads=True, one_device=on_one_device) as runner:
        return annotate(
            clips_for(annotator, store, stage.METADATA / params.corpus),
            windowing,
            annotator,
            inference_batch_size=params.annotate.inference_batch_size,
            cache=cache_folder(member),
            runner=runner,
            opener=member.opener,
        )


def cache_folder(member: "Member") -> Path:
    """Where this annotator's labels are cached, for all students; those of what its key named before are removed."""
    annotator = member.annotator
    code = code_hash("psl.annotators.inference.annotate", "psl.annotators.mapped"), member.record.code_hash
    folder = stage.SHARDS / "annotate" / member.key / hash_json([annotator.weights_hash, code, annotator.device])[:16]
    for other in {*folder.parent.glob("*")} - {folder}:
        shutil.rmtree(other, ignore_errors=True)
    return folder
