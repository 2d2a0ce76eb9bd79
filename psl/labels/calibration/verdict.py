"""Whether windows are too short for an annotator, in a sentence: it is compared with itself on whole clips."""

from dataclasses import dataclass

from psl.evaluation.scores.score import Score


@dataclass(frozen=True)
class Verdict:
    """`ratio` is the annotator's mAP at the window (the clip's maximum over its windows) over that on whole clips."""

    too_short: bool
    ratio: float
    text: str


def verdict(
    name: str, seconds: float, at_window: Score, whole: Score, *, n_clips: int, too_short_ratio: float
) -> Verdict:
    """The verdict on the annotator `name` in windows of `seconds`; the scores are of `n_clips` clips, and not nan."""
    ratio = at_window.value / whole.value
    too_short = ratio < too_short_ratio
    heard = (
        f"Hearing windows of {seconds:g} s, the annotator {name} reaches an mAP of {100 * at_window.value:.1f} % "
        f"against the weak labels of {n_clips:,} validation clips, and {100 * whole.value:.1f} % hearing whole clips"
    )
    share = f"{100 * ratio:.0f} %, where calibrate.too_short_ratio asks for {100 * too_short_ratio:g} %"
    advice = (
        f"windows of {seconds:g} s are too short for this annotator ({share}): take longer windows, or another "
        "annotator"
        if too_short
        else f"windows of {seconds:g} s are long enough for it ({share})"
    )
    return Verdict(too_short, ratio, f"{heard}: {advice}.")
