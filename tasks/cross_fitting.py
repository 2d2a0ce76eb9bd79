"""The parts of the annotator's training clips, by whole sources, each of which one of its networks did not learn."""

from collections.abc import Mapping

import numpy as np

from psl.config import Params
from psl.io.features.excluded import kept_store
from psl.io.metadata.manifest import clips_of, read_manifest
from psl.io.metadata.splits import cross_fit_parts, validation_clips
from psl.io.metadata.subsets import Subsets
from tasks import stage


def part_of_clips(params: Params) -> Mapping[str, int]:
    """The part, from 1, of each clip that train_annotator learns, by clip id.

    Raises PslError for fewer sources than train_annotator.cross_fit_parts.
    """
    annotator, metadata = params.train_annotator, stage.METADATA / params.corpus
    assert annotator.cross_fit_parts is not None  # psl.config.Params has it where something is cross-fitted
    subsets = Subsets.read(metadata).parts_of(annotator.subset)
    clip_ids = tuple(sorted(kept_store(stage.FEATURES / params.corpus, subsets, stage.EXCLUDED).clip_ids))
    sources = clips_of(read_manifest(metadata), clip_ids)["source"].to_pylist()
    learning_N = ~validation_clips(sources, annotator.validation_share)
    numbers = np.flatnonzero(learning_N).tolist()
    part_L = cross_fit_parts([sources[number] for number in numbers], annotator.cross_fit_parts)
    return {clip_ids[number]: part for number, part in zip(numbers, part_L.tolist(), strict=True)}
