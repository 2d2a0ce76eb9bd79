"""How windows are labelled."""

from typing import Annotated, Literal

from pydantic import Field

from psl.config.base import Closed, Count, Device, Key


class Annotate(Closed):
    """How the annotator labels windows."""

    annotator: Key  # of annotators or annotator_ensembles: labels the windows of students that name no other
    subset: str  # of the corpus: the clips that are annotated, and that students train on
    last_window: Literal["shift", "drop"]  # what is left at a clip's end, see psl.io.windows.window_starts
    min_probability: Annotated[float, Field(ge=0, lt=1)]  # below, only the mean of each class is kept; 0 keeps all
    inference_batch_size: Count  # windows
    device: Device  # auto: the GPU where there is one
