"""Leaks: what counts as the same audio in training and in evaluation, and what becomes of it."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed

Kind = Literal["id", "audio", "source", "near"]


class Leaks(Closed):
    """The stage that finds clips which are both in a training and in an evaluation set (see psl/corpora/overlap)."""

    near_distance: Annotated[
        float, Field(gt=0, le=0.5)
    ]  # share of differing fingerprint bits below which two clips are near-same
    exclude: Literal["none", "training", "evaluation"]  # which clip of a leaking pair is left out, everywhere
    kinds: tuple[Kind, ...]  # of pairs whose clip is left out

    @model_validator(mode="after")
    def _kinds_to_exclude(self) -> "Leaks":
        if len(set(self.kinds)) != len(self.kinds):
            raise ValueError(f"kinds {list(self.kinds)} must differ")
        if self.exclude != "none" and not self.kinds:
            raise ValueError(
                f"exclude: {self.exclude} needs kinds: give some of id, audio, source, near, or exclude: none"
            )
        return self
