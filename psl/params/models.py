"""Windows, and the models that are made from them: students and the annotator."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from psl.params.base import Closed, Count, Device, Positive, Subset


class Window(Closed):
    """A window size; its key names its stages."""

    seconds: Positive
    hop: Positive  # seconds from one window to the next; less than `seconds` overlaps

    @model_validator(mode="after")
    def _no_gaps(self) -> "Window":
        if self.hop > self.seconds:
            raise ValueError(f"hop {self.hop} s is longer than seconds {self.seconds} s: it would leave gaps")
        return self


class WeakStudent(Closed):
    """The baseline: a student of the weak labels."""

    targets: Literal["weak"]


class Annotator(Closed):
    """The machine annotator, as a model beside the students."""

    targets: Literal["annotator"]


def kind_of(model: Any) -> str:
    """What a model is: its `targets`; without them one of another width (psl.params.detect), or a window."""
    if not isinstance(model, dict):
        return "window"
    return str(model.get("targets", "sized" if "width" in model else "window"))


KINDS = Discriminator(
    kind_of,
    custom_error_type="targets",
    custom_error_message="targets must be weak for a student, annotator for the annotator, or left out",
)
AWindow = Annotated[Window, Tag("window")]
Student = Annotated[AWindow | Annotated[WeakStudent, Tag("weak")], KINDS]
Model = Annotated[AWindow | Annotated[WeakStudent, Tag("weak")] | Annotated[Annotator, Tag("annotator")], KINDS]


class Annotate(Closed):
    """How windows are labelled."""

    subset: Subset  # the clips that are annotated, and that students train on
    tail: Literal["shift", "drop"]  # see psl.windows.window_starts
    floor: Annotated[float, Field(ge=0, lt=1)]  # probabilities below it are kept only as their class's mean; 0 keeps all
    batch_windows: Count
    device: Device


class Architecture(Closed):
    """A network of models.MODELS."""

    name: str
    width: Positive  # multiplies the channels
    last_channel: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]
