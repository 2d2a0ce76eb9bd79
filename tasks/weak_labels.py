"""The stage weak_labels: the manifest's weak labels of the clips to annotate, in the form of soft labels, for those that have features."""

import numpy as np

from psl.labels import LabelWriter
from psl.leaks.excluded import kept_store
from psl.manifest import read_manifest, subset_rows, weak_targets
from psl.params import Params
from psl.schemas import Q_ONE, nested
from psl.vocabulary import Vocabulary
from tasks.stage import CORPUS, EXCLUDED, FEATURES, LABELS, METADATA, run

CLIPS_AT_ONCE = 4096


def work(params: Params) -> None:
    """Write data/labels/weak.parquet: one window over each whole clip, probability 1 for each label and 0 for the rest."""
    subsets = nested(params.annotate.subset)
    store = kept_store(FEATURES / CORPUS, subsets, EXCLUDED)
    duration_ms = dict(zip(store.clip_ids, store.duration_ms_N.tolist(), strict=True))
    clips = subset_rows(read_manifest(METADATA / CORPUS), subsets).sort_by("clip_id")
    vocabulary = Vocabulary.read(METADATA / CORPUS / "classes.csv")
    with LabelWriter(LABELS / "weak.parquet", vocabulary, 1 / Q_ONE, {"kind": "weak"}) as writer:
        for begin in range(0, len(clips), CLIPS_AT_ONCE):
            some = clips.slice(begin, CLIPS_AT_ONCE)
            for clip_id, y_C in zip(some["clip_id"].to_pylist(), weak_targets(some, vocabulary), strict=True):
                if clip_id in duration_ms:
                    writer.add(clip_id, np.zeros(1, np.int32), duration_ms[clip_id], y_C[None].astype(np.float32))


if __name__ == "__main__":
    run("weak_labels", work)
