"""How labels are counted and models scored."""

from typing import Annotated

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Device, Positive, Seed, require_enough_samples


class LabelCounts(Closed):
    """The label-count distribution."""

    # a label counts where its probability is above; one of them counts at a time
    thresholds: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    many_labels: Count  # "more than `many_labels` labels" is counted apart


class Evaluate(Closed):
    """How models are scored: by whole clips and, beside it, by windows, the highest of which is the clip's score."""

    window_seconds: Positive  # of those windows, the same for all models
    hop_seconds: Positive  # from one to the next; at most window_seconds
    bootstrap_samples: Count  # bootstrap draws over clips and seeds
    confidence: Annotated[float, Field(gt=0, lt=1)]  # of the intervals
    seed: Seed  # of the draws
    inference_batch_size: Count  # clips
    device: Device  # auto: the GPU where there is one

    @model_validator(mode="after")
    def _enough_draws(self) -> "Evaluate":
        require_enough_samples(self.bootstrap_samples, self.confidence)
        return self

    @model_validator(mode="after")
    def _windows_without_gaps(self) -> "Evaluate":
        if self.hop_seconds > self.window_seconds:
            raise ValueError(
                f"hop_seconds {self.hop_seconds} is longer than window_seconds {self.window_seconds}: it would leave "
                "gaps"
            )
        return self
