"""How labels are counted and models scored."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.params.base import Closed, Count, Device, Seed, require_draws


class LabelCounts(Closed):
    """The label-count distribution."""

    thresholds: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    many: Count  # "more than `many` labels" is counted apart


class Evaluate(Closed):
    """How models are scored."""

    draws: Count  # bootstrap draws over clips
    confidence: Annotated[float, Field(gt=0, lt=1)]
    seed: Seed
    batch_clips: Count
    device: Device

    @model_validator(mode="after")
    def _enough_draws(self) -> "Evaluate":
        require_draws(self.draws, self.confidence)
        return self
