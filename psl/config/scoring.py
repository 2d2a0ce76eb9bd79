"""How labels are counted and models scored."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Device, Seed, require_enough_samples


class LabelCounts(Closed):
    """The label-count distribution."""

    # a label counts where its probability is above; one of them counts at a time
    thresholds: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    many_labels: Count  # "more than `many_labels` labels" is counted apart


class Evaluate(Closed):
    """How models are scored."""

    bootstrap_samples: Count  # bootstrap draws over clips and seeds
    confidence: Annotated[float, Field(gt=0, lt=1)]  # of the intervals
    seed: Seed  # of the draws
    inference_batch_size: Count  # clips
    device: Device  # auto: the GPU where there is one

    @model_validator(mode="after")
    def _enough_draws(self) -> "Evaluate":
        require_enough_samples(self.bootstrap_samples, self.confidence)
        return self
