"""What all parameters are made of: closed types, and numbers that say which values they can take."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # names stages and files; DVC stumbles over a dot
Device = Literal["auto", "cpu", "cuda"]


class Closed(BaseModel):
    """Frozen, no unknown keys, no silent conversion of types, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def require_enough_samples(samples: int, confidence: float) -> None:
    """Raise ValueError for fewer bootstrap samples than an interval needs: one beyond either end."""
    least = math.ceil(2 / (1 - confidence) - 1e-6)
    if samples < least:
        raise ValueError(
            f"bootstrap_samples {samples} are too few for confidence {confidence}: give {least} or more, "
            "so that one lies beyond either end"
        )
