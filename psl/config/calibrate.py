"""How an annotator is judged and calibrated at the students' window lengths."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Seed, require_enough_samples


class Calibrate(Closed):
    """The stage calibrate; it never changes the labels on disk (train_student.calibrated says who learns which)."""

    shrinkage_clips: Annotated[float, Field(ge=0)]  # undecided clips' worth that draw a class to the global calibration
    too_short_ratio: Annotated[float, Field(gt=0, le=1)]  # of the mAP on whole clips; below, windows are too short
    min_clips: Count  # fewer validation clips judge no annotator, and calibrate no label
    bins: Annotated[int, Field(ge=2)]  # of the reliability curve, equally wide
    bootstrap_samples: Count  # bootstrap draws over clips
    confidence: Annotated[float, Field(gt=0, lt=1)]  # of the intervals
    seed: Seed  # of the draws

    @model_validator(mode="after")
    def _enough_draws(self) -> "Calibrate":
        require_enough_samples(self.bootstrap_samples, self.confidence)
        return self
