"""The clips that train the annotator, those that validate it, and the parts that its networks leave out by turns."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.config import Params
from psl.io.features.excluded import kept_store
from psl.io.metadata.manifest import clips_of, read_manifest
from psl.io.metadata.splits import parts_of_sources, validation_clips
from psl.io.metadata.subsets import Subsets
from tasks import stage


class AnnotatorClips(NamedTuple):
    """The N clips of train_annotator.subset, in the order of their ids, with their sources, and which validate."""

    clip_ids: tuple[str, ...]
    sources: tuple[str, ...]
    validating_N: npt.NDArray[np.bool_]


def annotator_clips(params: Params) -> AnnotatorClips:
    """Those that have features and are not left out."""
    annotator, metadata = params.train_annotator, stage.METADATA / params.corpus
    subsets = Subsets.read(metadata).parts_of(annotator.subset)
    clip_ids = tuple(sorted(kept_store(stage.FEATURES / params.corpus, subsets, stage.EXCLUDED).clip_ids))
    sources = tuple(clips_of(read_manifest(metadata), clip_ids)["source"].to_pylist())
    return AnnotatorClips(clip_ids, sources, validation_clips(sources, annotator.validation_share))


def part_of_clips(params: Params) -> Mapping[str, int]:
    """The part, from 1, of each clip that trains the annotator, by its id; empty where nothing is cross-fitted.

    Raises PslError for fewer sources than train_annotator.cross_fit_parts.
    """
    if params.train_annotator.cross_fit_parts is None:
        return {}
    clips = annotator_clips(params)
    training = np.flatnonzero(~clips.validating_N).tolist()
    sources = [clips.sources[number] for number in training]
    part_L = parts_of_sources(sources, params.train_annotator.cross_fit_parts)
    return {clips.clip_ids[number]: part for number, part in zip(training, part_L.tolist(), strict=True)}
