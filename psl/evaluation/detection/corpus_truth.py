"""The strong labels of a corpus's subset for the clips that have scores; which clips are left out, and why."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.evaluation.detection.metrics.ground_truth import TOLERANCE_S, Event, GroundTruth
from psl.io.metadata.manifest import read_manifest, subset_rows
from psl.io.metadata.subsets import Subsets
from psl.io.parquet import read_parquet
from psl.io.schemas import STRONG
from psl.runtime.errors import PslError

UNREAD = "no features: see clips.parquet beside them"
SHORT = "shorter than its events"
LEAKED = "left out for leaks: see reports/leaks.md"
NOT_ANNOTATED = "labelled, but without events: never annotated in time"
StrongLabel = tuple[str, float, float, str]  # clip id, onset and offset in seconds, mid


@dataclass(frozen=True)
class LeftOut:
    """A clip that is not scored."""

    clip_id: str
    reason: str


@dataclass(frozen=True)
class CorpusTruth:
    """Events and clips to score, the source of each clip, the clips left out, and events of other classes."""

    ground_truth: GroundTruth
    source: Mapping[str, str]
    left_out: tuple[LeftOut, ...]
    other_events: Mapping[str, int]  # how many events of other classes a clip has, if any

    @property
    def with_other_classes_only(self) -> frozenset[str]:
        """Clips whose events are all of other classes: they are not empty, and a detection in them is false."""
        return frozenset(self.other_events.keys() - {event.clip_id for event in self.ground_truth.events})

    def count(self, reason: str) -> int:
        """Clips left out for this reason."""
        return Counter(clip.reason for clip in self.left_out)[reason]


def has_strong_labels(metadata: Path) -> bool:
    """Whether the corpus lists when its events are."""
    return (metadata / "strong.parquet").is_file()


def read_corpus_truth(
    metadata: Path,
    subset: str,
    duration_s: Mapping[str, float],
    mids: Sequence[str],
    *,
    excluded: Collection[str],
    max_unread_share: float,
) -> CorpusTruth:
    """Events of the classes `mids` in the clips of `subset`.

    `duration_s` holds the clips that have scores, `excluded` those that are left out for leaks. A clip with labels and
    without events was never annotated in time (AudioSet's strong lists hold a part of its clips), and is left out; one
    with neither is a clip without events. Events of other classes are left out and counted. Raises PslError without any
    strong label, and when more than `max_unread_share` of the annotated clips have no features or are shorter than
    their events.
    """
    labels: dict[str, list[StrongLabel]] = defaultdict(list)
    for label in _read_strong_labels(metadata / "strong.parquet"):
        labels[label[0]].append(label)
    parts = Subsets.read(metadata).parts_of(subset)
    clips = subset_rows(read_manifest(metadata), parts).select(["clip_id", "labels", "source"]).to_pylist()
    where = f"{subset} of {metadata}"
    _require_listed(clips, duration_s, where)
    reasons = {clip["clip_id"]: _reason(clip, labels[clip["clip_id"]], duration_s, excluded) for clip in clips}
    used = {clip_id: duration_s[clip_id] for clip_id, reason in sorted(reasons.items()) if reason is None}
    left_out = tuple(LeftOut(clip_id, reason) for clip_id, reason in sorted(reasons.items()) if reason)
    _require_enough(where, len(used), left_out, max_unread_share)
    number = {mid: c for c, mid in enumerate(mids)}
    used_labels = [label for clip_id in used for label in labels[clip_id]]
    events = tuple(
        Event(clip_id, onset_s, offset_s, number[mid])
        for clip_id, onset_s, offset_s, mid in used_labels
        if mid in number
    )
    if not events:
        raise PslError(
            f"none of the {len(used)} clips of {where} has an event of a class that the model knows: detect with "
            "another model"
        )
    other_events = Counter(clip_id for clip_id, _, _, mid in used_labels if mid not in number)
    source = {clip["clip_id"]: clip["source"] for clip in clips}
    return CorpusTruth(GroundTruth(events, used, tuple(mids)), source, left_out, other_events)


def part_of(ground_truth: GroundTruth, clip_ids: Collection[str]) -> GroundTruth:
    """The ground truth of some of its clips."""
    kept = set(clip_ids)
    duration_s = {clip_id: seconds for clip_id, seconds in ground_truth.duration_s.items() if clip_id in kept}
    events = tuple(event for event in ground_truth.events if event.clip_id in kept)
    return GroundTruth(events, duration_s, ground_truth.classes)


def _read_strong_labels(path: Path) -> list[StrongLabel]:
    if not path.is_file():
        raise PslError(f"the strong labels {path} do not exist: set detect.corpus to a corpus that has them")
    table = read_parquet(path, STRONG, "table of strong labels", "metadata")
    return list(zip(*(table[name].to_pylist() for name in STRONG.names), strict=True))


def _require_listed(clips: Sequence[Mapping[str, object]], duration_s: Mapping[str, float], where: str) -> None:
    foreign = sorted(duration_s.keys() - {str(clip["clip_id"]) for clip in clips})
    if foreign:
        raise PslError(
            f"{len(foreign)} clips have scores but are not in {where}, first {foreign[0]}: make the features anew"
        )


def _reason(
    clip: Mapping[str, object],
    labels: Sequence[StrongLabel],
    duration_s: Mapping[str, float],
    excluded: Collection[str],
) -> str | None:
    """Why a clip is left out; None for one that is not."""
    if clip["labels"] and not labels:
        return NOT_ANNOTATED
    if clip["clip_id"] in excluded:
        return LEAKED
    seconds = duration_s.get(str(clip["clip_id"]))
    if seconds is None:
        return UNREAD
    late = any(onset_s >= seconds or offset_s > seconds + TOLERANCE_S for _, onset_s, offset_s, _ in labels)
    return SHORT if late else None


def _require_enough(where: str, used: int, left_out: Sequence[LeftOut], max_share: float) -> None:
    """Raise PslError without any clip, and when too many annotated clips cannot be scored."""
    if not used:
        raise PslError(f"none of the clips of {where} has both features and strong labels: look at detect.subset")
    lost = [clip for clip in left_out if clip.reason not in (LEAKED, NOT_ANNOTATED)]
    if len(lost) > max_share * (used + len(lost)):
        raise PslError(
            f"{len(lost)} of {used + len(lost)} annotated clips of {where} cannot be scored, more than "
            f"detect.max_unread_share {max_share:g}; the first is {lost[0].clip_id} ({lost[0].reason}): look at the "
            "features"
        )
