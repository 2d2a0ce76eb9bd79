"""The truth in time of a corpus's subset, for the clips that were read; which clips are left out, and why."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psl.errors import PslError
from psl.manifest import read_manifest, subset_rows
from psl.metrics.detection import TOLERANCE_S, Event, Truth
from psl.parquet_tables import read_parquet
from psl.schemas import STRONG, nested

UNREAD = "no features: see clips.parquet beside them"
SHORT = "shorter than its events say"
LEAKED = "left out for leaks: see reports/leaks.md"
NOT_ANNOTATED = "labelled, but without events: never annotated in time"
Row = tuple[str, float, float, str]


@dataclass(frozen=True)
class LeftOut:
    """A clip that is not scored."""

    clip_id: str
    reason: str


@dataclass(frozen=True)
class KnownTruth:
    """Events and clips to score, the source of each clip, the clips left out, and how many events of other classes a clip has."""

    truth: Truth
    source: Mapping[str, str]
    left_out: tuple[LeftOut, ...]
    others: Mapping[str, int]  # of the clips that have any

    @property
    def only_others(self) -> frozenset[str]:
        """Clips whose events are all of other classes: they are not empty, and a detection in them is false."""
        return frozenset(self.others.keys() - {event.clip_id for event in self.truth.events})

    def count(self, reason: str) -> int:
        """Clips left out for this reason."""
        return Counter(clip.reason for clip in self.left_out)[reason]


def has_truth(metadata: Path) -> bool:
    """Whether the corpus says when its events are."""
    return (metadata / "strong.parquet").is_file()


def read_truth(
    metadata: Path, subset: str, duration_s: Mapping[str, float], excluded: Collection[str], mids: Sequence[str], max_unread_share: float
) -> KnownTruth:
    """Events of the classes `mids` in the clips of `subset`; `duration_s` holds the clips that have scores, `excluded`
    those that leaks leave out.

    A clip with labels and without events was never annotated in time (AudioSet's strong lists hold a part of its clips), and is
    left out; one with neither is a clip without events. Events of other classes are left out and
    counted. Raises PslError without any truth, and when more than the share of the
    annotated clips has no features or is shorter than its events.
    """
    rows = _rows(metadata / "strong.parquet")
    events_of: dict[str, list[Row]] = {}
    for row in rows:
        events_of.setdefault(row[0], []).append(row)
    clips = subset_rows(read_manifest(metadata), nested(subset)).select(["clip_id", "labels", "source"]).to_pylist()
    foreign = sorted(set(duration_s) - {clip["clip_id"] for clip in clips})
    if foreign:
        raise PslError(
            f"{len(foreign)} clips have scores but are not in {subset} of {metadata}, first {foreign[0]}: make the features anew"
        )
    reasons = {clip["clip_id"]: _reason(clip, events_of.get(clip["clip_id"], []), duration_s, excluded) for clip in clips}
    used = {clip_id: duration_s[clip_id] for clip_id, reason in reasons.items() if reason is None}
    left_out = tuple(LeftOut(clip_id, reason) for clip_id, reason in sorted(reasons.items()) if reason)
    _require_enough(
        metadata, subset, len(used), [clip for clip in left_out if clip.reason not in (LEAKED, NOT_ANNOTATED)], max_unread_share
    )
    number = {mid: c for c, mid in enumerate(mids)}
    there = [row for clip_id in sorted(used) for row in events_of.get(clip_id, [])]
    events = tuple(Event(clip_id, onset, offset, number[mid]) for clip_id, onset, offset, mid in there if mid in number)
    if not events:
        raise PslError(f"none of the {len(used)} clips of {subset} in {metadata} has an event of a class that the model knows")
    truth = Truth(events, dict(sorted(used.items())), tuple(mids))
    others = Counter(clip_id for clip_id, _, _, mid in there if mid not in number)
    return KnownTruth(truth, {clip["clip_id"]: clip["source"] for clip in clips}, left_out, others)


def part_of(truth: Truth, clip_ids: Sequence[str]) -> Truth:
    """The truth of some of its clips."""
    kept = set(clip_ids)
    duration_s = {clip_id: seconds for clip_id, seconds in truth.duration_s.items() if clip_id in kept}
    return Truth(tuple(event for event in truth.events if event.clip_id in kept), duration_s, truth.classes)


def _rows(path: Path) -> list[Row]:
    if not path.is_file():
        raise PslError(f"there is no truth in time at {path}: detection needs a corpus with strong lists (detect.corpus)")
    table = read_parquet(path, STRONG, "truth in time", "metadata")
    return list(zip(*(table[name].to_pylist() for name in STRONG.names), strict=True))


def _reason(clip: Mapping[str, object], events: Sequence[Row], duration_s: Mapping[str, float], excluded: Collection[str]) -> str | None:
    """Why a clip is left out; None for one that is not."""
    if clip["labels"] and not events:
        return NOT_ANNOTATED
    if clip["clip_id"] in excluded:
        return LEAKED
    seconds = duration_s.get(str(clip["clip_id"]))
    if seconds is None:
        return UNREAD
    late = any(onset >= seconds or offset > seconds + TOLERANCE_S for _, onset, offset, _ in events)
    return SHORT if late else None


def _require_enough(metadata: Path, subset: str, used: int, lost: Sequence[LeftOut], max_share: float) -> None:
    if not used:
        raise PslError(f"none of the clips of {subset} in {metadata} has both features and truth in time: look at detect.subset")
    if len(lost) > max_share * (used + len(lost)):
        raise PslError(
            f"{len(lost)} of {used + len(lost)} clips of the truth of {subset} in {metadata} cannot be scored, more than "
            f"detect.max_unread_share {max_share:g}; the first is {lost[0].clip_id} ({lost[0].reason})"
        )
