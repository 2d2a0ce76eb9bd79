"""A person's clips divided into training and evaluation: by whole sources, in every class as near to the share as may be."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from psl.files import hash_json
from psl.own_data.check import OwnClip, per_class


def taken_sources(clips: Sequence[OwnClip], share: float, seed: int) -> set[str]:
    """The sources that make up about `share` of the clips of every class.

    Classes are gone through from the rarest, sources in the order of a seeded hash. A source is taken when that brings its
    class nearer to the share, or when the class has none yet, and never when it is the last that a class has left.
    """
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        labels[clip.source].update(clip.mids)
    left = Counter(mid for counts in labels.values() for mid in counts)  # sources of each class that are not taken
    total, have = per_class(clips), Counter[str]()
    taken: set[str] = set()
    order = sorted(labels, key=lambda source: hash_json([seed, source]))
    for mid in sorted(total, key=lambda mid: (total[mid], mid)):
        for source in order:
            more, goal = labels[source][mid], share * total[mid]
            nearer = abs(have[mid] + more - goal) < abs(have[mid] - goal) or not have[mid]
            if more and nearer and source not in taken and all(left[other] > 1 for other in labels[source]):
                taken.add(source)
                have.update(labels[source])
                left.subtract(labels[source].keys())
    return taken
