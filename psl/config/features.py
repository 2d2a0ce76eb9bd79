"""The front end, and the stage that makes features with it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed, Count, Positive, Share

Channel = Literal["mean", "loudest", 1, 2, 3, 4, 5, 6, 7, 8]  # of several: mixed, each clip's loudest, or by number


class FrontEndParams(Closed):
    """Log-mel spectrogram, decibels of power."""

    sample_rate_hz: Count  # to which recordings are resampled
    n_fft: Count  # samples of the Fourier transform
    win_length_samples: Count  # of the Hann window; up to n_fft
    hop_length_samples: Count  # from one frame to the next
    n_mels: Count  # bands
    f_min_hz: Annotated[float, Field(ge=0)]  # lower edge of the lowest band
    f_max_hz: Positive  # upper edge of the highest; up to half of sample_rate_hz
    dynamic_range_db: Positive  # quieter than this below the clip's loudest value is cut off

    @model_validator(mode="after")
    def _possible(self) -> "FrontEndParams":
        if self.win_length_samples > self.n_fft:
            raise ValueError(f"win_length_samples {self.win_length_samples} is longer than n_fft {self.n_fft}")
        if not self.f_min_hz < self.f_max_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"f_max_hz {self.f_max_hz} must lie above f_min_hz {self.f_min_hz} and up to half of sample_rate_hz "
                f"{self.sample_rate_hz}"
            )
        return self


class FeaturesParams(Closed):
    """The stage that makes features."""

    shard_clips: Count  # clips in a cached shard: what a killed run loses at most, per worker
    min_seconds: Annotated[float, Field(ge=0)]  # shorter clips are left out
    silence_db: (
        Annotated[float, Field(le=0)] | None
    )  # dBFS; clips whose peak lies below are left out; null: digital silence only
    channel: Channel  # of a recording with several: their mean, each clip's loudest, or one by its number
    max_failed_share: Share  # of the clips with audio: more unreadable ones stop the stage
    min_present_share: Share  # of the clips of each subset: fewer that are present stop the stage
