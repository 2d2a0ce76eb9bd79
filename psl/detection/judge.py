"""One detector held against the truth of its corpus, from its scores alone."""

from collections.abc import Mapping
from pathlib import Path

from psl.detection.evaluation import Detection, evaluate_detection
from psl.detection.median import odd_lengths
from psl.detection.score_files import ScoreFile
from psl.detection.truth import KnownTruth, has_truth, read_truth
from psl.params import Detect
from psl.progress import say

SIZES = ("n_parameters", "n_bytes", "n_networks", "classes_unknown")  # of a score file's `about`


def known_truth(files: Mapping[int, ScoreFile], metadata: Path, settings: Detect) -> KnownTruth:
    """The truth of the clips that have scores, for the classes of the scores."""
    first = next(iter(files.values()))
    duration_s = {clip_id: float(clip.edges_s[-1]) for clip_id, clip in first.scores.items()}
    return read_truth(
        metadata, settings.subset, duration_s, frozenset(first.about["clips_excluded"]), first.classes.mids, settings.max_unread_share
    )


def judge(name: str, files: Mapping[int, ScoreFile], metadata: Path, settings: Detect) -> Detection:
    """The numbers of the detector `name`; of a corpus whose truth in time is not known only that no clip was held against it."""
    about = next(iter(files.values())).about
    sizes = {field: about[field] for field in SIZES}
    if not has_truth(metadata):
        say(f"{name}: {metadata} has no strong.parquet, so it is not known when its events are: nothing is scored (detect.corpus)")
        return Detection({"n_clips": 0} | sizes, [])
    known = known_truth(files, metadata, settings)
    found = evaluate_detection(files, known, settings)
    for clip in known.left_out[:3]:
        say(f"{name}: {clip.clip_id} is left out ({clip.reason}), one of {len(known.left_out)}")
    numbers = found.summary
    for sentence in odd_lengths(settings.median_lengths, numbers["step_s"]):
        say(f"{name}: {sentence}")
    if numbers["psds2"] is None:
        only = next(row["name"] for row in found.classes if row["events"])
        say(f"{name}: PSDS-2 and the DCASE score need events of two classes, and only {only} has any: both are left empty")
    psds2 = "" if numbers["psds2"] is None else f" PSDS-2 {numbers['psds2']:.4f},"
    say(f"{name}: PSDS-1 {numbers['psds1']:.4f},{psds2} {numbers['n_clips']} clips")
    return Detection(numbers | sizes, found.classes)
