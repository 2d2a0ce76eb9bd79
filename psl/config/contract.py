"""The contract of an annotator: what it hears, over how long a window, and what comes out of it.

A person writes it by hand, as `annotator.yaml` in the folder of a model or as `contract` in params.yaml.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from psl.config.base import Closed, Count
from psl.config.features import FrontEndParams

Output = Literal["logit", "sigmoid", "softmax", "softmax_logit", "cosine"]


def _commit(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError(
            f"revision {revision} is no commit: give the 40 hexadecimal digits of one, since a branch can change"
        )
    return revision


Commit = Annotated[str, AfterValidator(_commit)]


class LogMel(Closed):
    """The log-mel spectrogram that a model takes: psl.features.log_mel in dB, then (dB - mean_db) / std_db."""

    front_end: FrontEndParams  # its sample rate is the contract's
    axes: Literal["BTF", "BFT", "B1TF", "B1FT"]  # B windows, T frames, F mel bands, 1 channel
    mean_db: float = 0.0  # is subtracted,
    std_db: Annotated[float, Field(gt=0)] = 1.0  # and the difference divided by this


class Contract(Closed):
    """What an annotator takes and gives; every field is required unless it has a default here."""

    name: Annotated[str, Field(min_length=1)]  # for people, reports and the provenance of labels
    licence: Annotated[str, Field(min_length=1)]  # of the weights, such as MIT
    input: Literal["waveform", "log_mel"]  # samples in -1 .. 1, or a spectrogram of them
    sample_rate_hz: Annotated[int, Field(ge=1000)]  # audio of any other rate is resampled to it
    window_samples: Count | None  # exactly so many samples, at sample_rate_hz; null: any length
    shorter_windows: Literal["repeat", "zeros", "model"] | None = None  # how they are filled up to window_samples
    longer_windows: Literal["mean", "max"] | None = None  # over their pieces of window_samples, the last shifted back
    normalisation: Literal["none", "peak", "zero_mean_unit_variance"]  # of each window's samples, by itself
    log_mel: LogMel | None = None  # belongs to input: log_mel
    output: Output  # what the model's numbers are, see psl.annotators.outputs
    scale: float = 1.0  # of a logit or cosine: psl takes the sigmoid of scale x output + offset
    offset: float = 0.0  # of the same
    classes: str  # the class list: a file in the model's folder, or `model`, which has one of its own
    batch_windows: Count | None = None  # the only batch that the model takes, windows; null: any
    model: Annotated[str, Field(min_length=1)] | None = None  # a file in a folder of several; or OWNER/NAME on the hub
    output_name: str | None = None  # of a model with several outputs: the one with a number for each class
    revision: Commit | None = None  # the commit of OWNER/NAME, which can change

    @model_validator(mode="after")
    def _consistent(self) -> "Contract":
        if (self.input == "log_mel") != (self.log_mel is not None):
            raise ValueError("log_mel belongs to input: log_mel, which needs it")
        if self.log_mel and self.log_mel.front_end.sample_rate_hz != self.sample_rate_hz:
            raise ValueError(
                f"log_mel.front_end.sample_rate_hz {self.log_mel.front_end.sample_rate_hz} is not sample_rate_hz "
                f"{self.sample_rate_hz}"
            )
        for name in ("shorter_windows", "longer_windows"):
            if (getattr(self, name) is None) != (self.window_samples is None):
                raise ValueError(
                    f"{name} {getattr(self, name)} with window_samples {self.window_samples}: give both, or neither "
                    "for a model that takes any length"
                )
        if self.output not in ("logit", "cosine") and (self.scale, self.offset) != (1.0, 0.0):
            raise ValueError(f"scale and offset belong to output: logit or cosine, not to {self.output}")
        if Path(self.classes).name != self.classes:
            raise ValueError(f"classes {self.classes} is no file name: put the class list beside the model")
        if self.revision is not None and self.model is None:
            raise ValueError("revision belongs to model: OWNER/NAME, which is missing")
        return self
