"""Label sets in which no clip, or hardly any, has a label: whoever learns from them learns silence."""

from collections.abc import Mapping
from typing import Any

HARDLY_ANY = 0.05  # of the clips that have a weak label


def silence_sentences(counts: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    """A sentence on the label sets without labels, or none; `counts` are psl.labels.summary's metrics, `names` by key.

    A set is one when the clips that have a label above the threshold are at most HARDLY_ANY of those that have a weak
    label. So a corpus in which few clips have any class is not held against the annotator.
    """
    n_clips, labelled = counts["n_clips"], {key: 1 - found["share_none"] for key, found in counts["labels"].items()}
    weak = labelled.pop("weak")
    silent = {key: round(share * n_clips) for key, share in labelled.items() if share <= HARDLY_ANY * weak}
    if not silent:
        return []
    most, windows = max(silent.values()), ", ".join(names[key] for key in silent)
    have = f"At most {most:,} of {n_clips:,} clips have" if most else "No clip has"
    return [
        f"{have} a label above {counts['threshold']:g} in the windows of {windows}: the students that learn "
        "from them learn silence, so train the annotator longer (train_annotator.max_steps) or on "
        "more clips, take another (annotate.annotator), or look in reports/label_counts.csv at the labels above lower "
        "thresholds."
    ]
