"""How windows are labelled."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from psl.config.base import Closed, Count, Device
from psl.config.plugin import find_plugin


class Annotate(Closed):
    """How the annotator labels windows."""

    annotator: str  # a file of psl/annotators/kinds/: trained is the model of train_annotator
    subset: str  # of the corpus: the clips that are annotated, and that students train on
    last_window: Literal["shift", "drop"]  # what is left at a clip's end, see psl.io.windows.window_starts
    min_probability: Annotated[float, Field(ge=0, lt=1)]  # below, only the mean of each class is kept; 0 keeps all
    inference_batch_size: Count  # windows
    device: Device

    @field_validator("annotator")
    @classmethod
    def _annotator_exists(cls, annotator: str) -> str:
        find_plugin("psl.annotators.kinds", annotator, "opener")
        return annotator
