"""A person's clips divided into training and evaluation, by whole sources, each class near to the share."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from psl.corpora.custom.check import NO_LABEL, per_class
from psl.corpora.custom.clip_times import CustomClip
from psl.io.hashes import hash_json
from psl.runtime.errors import PslError


def split_clips(clips: Sequence[CustomClip], eval_share: float, seed: int) -> dict[str, list[CustomClip]]:
    """The clips of the subsets train and eval, which share no source. Raises PslError when one would be empty."""
    evaluating = evaluation_sources(clips, eval_share, seed)
    split = {
        "train": [clip for clip in clips if clip.source not in evaluating],
        "eval": [clip for clip in clips if clip.source in evaluating],
    }
    if not all(split.values()):
        count = len({clip.source for clip in clips})
        raise PslError(
            f"too few sources to train and evaluate: the {len(clips)} clips come from {count}, "
            "and some class needs two; add recordings, or change --eval-share"
        )
    return split


def evaluation_sources(clips: Sequence[CustomClip], share: float, seed: int) -> set[str]:
    """The sources that make up about `share` of the clips of every class.

    Classes come in turn from the rarest, sources in the order of a seeded hash. A source is chosen when that brings the
    class nearer to its share, or when the class has none yet, and never when it is the last that any class has left to
    train on.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        labels[clip.source].update(clip.mids or NO_LABEL)
    left = Counter(
        mid for counts in labels.values() for mid in counts
    )  # sources of each class that are left to training
    total, chosen = per_class(clips), Counter[str]()  # clips of each class
    sources: set[str] = set()
    order = sorted(labels, key=lambda source: hash_json([seed, source]))
    for mid in sorted(total, key=lambda mid: (total[mid], mid)):
        for source in order:
            more, goal = labels[source][mid], share * total[mid]
            nearer = abs(chosen[mid] + more - goal) < abs(chosen[mid] - goal) or not chosen[mid]
            if more and nearer and source not in sources and all(left[other] > 1 for other in labels[source]):
                sources.add(source)
                chosen.update(labels[source])
                left.subtract(labels[source].keys())
    return sources
