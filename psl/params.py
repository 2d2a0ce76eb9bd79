"""The parameters as frozen, closed types: an unknown key, a wrong unit or a contradiction is an error (psl/params_file.py words it)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from psl.schemas import NESTED_SUBSETS

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # names stages and files; DVC stumbles over a dot
LEAST_COUNTED = 0.1  # the lowest of the label store's counts
Subset = Literal["balanced", "aud300h", "full"]


class Closed(BaseModel):
    """Frozen, no unknown keys, no silent conversion of types, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class SoundscapeClips(Closed):
    """How many clips each list holds; balanced is part of aud300h, and aud300h of full."""

    balanced: Count
    aud300h: Count
    full: Count
    eval: Count

    @model_validator(mode="after")
    def _nested(self) -> "SoundscapeClips":
        if not self.balanced <= self.aud300h <= self.full:
            raise ValueError("balanced, aud300h and full hold one another and cannot shrink in that order")
        return self


class Soundscapes(Closed):
    """A corpus built from a bank of isolated recordings (see psl/soundscapes)."""

    kind: Literal["soundscapes"]
    bank: str  # "procedural", or a folder with one folder a class
    train_folds: tuple[str, ...]  # first characters of the file names that train; empty: a quarter of each class's sources evaluates
    eval_folds: tuple[str, ...]
    clips: SoundscapeClips
    clip_seconds: Positive
    sample_rate_hz: Count  # of the files that are written
    events: tuple[Count, Count]  # fewest and most events in a clip
    event_seconds: tuple[Positive, Positive]  # shortest and longest event
    snr_db: tuple[float, float]  # event over the pink noise, lowest and highest
    source_groups: Annotated[int, Field(ge=2)]  # groups that the training recordings are dealt into; a clip mixes one group
    drop_share: Share  # of the weak labels of training clips that is left out
    seed: Seed

    @model_validator(mode="after")
    def _ordered(self) -> "Soundscapes":
        for key in ("events", "event_seconds", "snr_db"):
            low, high = getattr(self, key)
            if low > high:
                raise ValueError(f"{key} gives the lowest first, not [{low}, {high}]")
        if self.event_seconds[1] > self.clip_seconds:
            raise ValueError(f"event_seconds up to {self.event_seconds[1]} s do not fit into clip_seconds {self.clip_seconds} s")
        if bool(self.train_folds) != bool(self.eval_folds) or set(self.train_folds) & set(self.eval_folds):
            raise ValueError("train_folds and eval_folds must both be given, or neither, and share no fold")
        if self.bank == "procedural" and self.train_folds:
            raise ValueError("train_folds and eval_folds belong to a bank that is a folder, and are empty for the procedural bank")
        return self


class AudioSet(Closed):
    """AudioSet as it lies on disk: the official lists, and the clips' audio files."""

    kind: Literal["audioset"]
    lists: str  # folder of balanced_train_segments.csv, unbalanced_train_segments.csv, eval_segments.csv, class_labels_indices.csv
    audio: str  # folder of audio files
    aud300h_hours: Positive  # balanced and a seeded draw from the unbalanced list, up to this many hours
    seed: Seed


class Published(Closed):
    """A corpus that leaves no choice: its lists as they are published, and the clips' audio files."""

    kind: Literal["fsd50k", "fsdkaggle2018", "fsdkaggle2019", "desed"]
    lists: str  # folder of the lists that psl/corpora/KIND.py names
    audio: str  # folder of audio files, at any depth


Corpus = Soundscapes | AudioSet | Published


class FrontEndParams(Closed):
    """Log-mel spectrogram, decibels of power."""

    sample_rate_hz: Count
    n_fft: Count
    win_samples: Count
    hop_samples: Count
    mels: Count
    f_min_hz: Annotated[float, Field(ge=0)]
    f_max_hz: Positive
    floor_db: Positive  # quieter than this below the clip's loudest value is cut off

    @model_validator(mode="after")
    def _possible(self) -> "FrontEndParams":
        if self.win_samples > self.n_fft:
            raise ValueError(f"win_samples {self.win_samples} is longer than n_fft {self.n_fft}")
        if not self.f_min_hz < self.f_max_hz <= self.sample_rate_hz / 2:
            raise ValueError(
                f"f_max_hz {self.f_max_hz} must lie above f_min_hz {self.f_min_hz} and up to half of sample_rate_hz {self.sample_rate_hz}"
            )
        return self


class FeaturesParams(Closed):
    """The stage that makes features."""

    workers: Annotated[int, Field(ge=0)]  # processes; 0 = one per core
    shard_clips: Count  # clips in a cached shard: what a killed run loses at most, per worker
    max_failed_share: Share  # more unreadable clips than this share stop the stage


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


def _kind(model: Any) -> str:
    """A window has no `targets`."""
    return str(model.get("targets", "window")) if isinstance(model, dict) else "window"


KINDS = Discriminator(
    _kind, custom_error_type="targets", custom_error_message="targets must be weak for a student, annotator for the annotator, or left out"
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
    device: Literal["auto", "cpu", "cuda"]


class Architecture(Closed):
    """A network of models.MODELS."""

    name: str
    width: Positive  # multiplies the channels
    last_channel: Count
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Training(Closed):
    """What the annotator's and the students' training have in common."""

    architecture: Architecture
    validation_share: Annotated[float, Field(gt=0, lt=1)]  # of the training clips, by source
    max_epochs: Count  # passes over the training windows
    patience_epochs: Count  # without a better validation score
    batch_seconds: Positive | None  # seconds of audio in a step, or
    batch_windows: Count | None  # windows in a step
    learning_rate: Positive  # Adam, at its highest
    schedule: Literal["constant", "cosine"]  # after the warm-up: held, or down to 0 along a cosine
    warm_up_share: Share  # of all steps, linear from 0
    max_gradient_norm: Positive
    precision: Literal["float32", "bfloat16", "float16"]  # of forward and backward on CUDA; the CPU uses float32
    device: Literal["auto", "cpu", "cuda"]
    pool_clips: Count  # clips that are shuffled together in memory

    @model_validator(mode="after")
    def _one_batch_size(self) -> "Training":
        if (self.batch_seconds is None) == (self.batch_windows is None):
            raise ValueError("give batch_seconds or batch_windows and set the other to null")
        return self


class TrainAnnotator(Training):
    """The machine annotator's training, on weak labels."""

    subset: Subset
    seed: Seed
    checkpoint: str | None  # a published `.pt` that is imported instead of training


class TrainStudent(Training):
    """The students' training, on the subset that is annotated."""

    targets: Literal["psl", "mix"]  # the annotator's labels alone, or mixed with the weak ones
    alpha: Share | None  # share of the annotator's label in `mix`
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]  # one student each

    @model_validator(mode="after")
    def _alpha_belongs_to_mix(self) -> "TrainStudent":
        if (self.targets == "mix") != (self.alpha is not None):
            raise ValueError("alpha belongs to targets: mix, and is null for targets: psl")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self


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
    device: Literal["auto", "cpu", "cuda"]


class Params(Closed):
    """All of params.yaml."""

    corpora: dict[Key, Annotated[Corpus, Field(discriminator="kind")]]
    front_end: FrontEndParams
    features: FeaturesParams
    windows: dict[Key, Window]
    students: dict[Key, Student]
    models: dict[Key, Model]
    train_annotator: TrainAnnotator
    annotate: Annotate
    train_student: TrainStudent
    label_counts: LabelCounts
    evaluate: Evaluate

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        for key, window in self.windows.items():
            if self.students.get(key) != window or self.models.get(key) != window:
                raise ValueError(f"windows.{key} must stand in students and models too: let them merge it (`<<: *windows`)")
        for corpus in self.corpora.values():
            longest = max(self.windows.items(), key=lambda item: item[1].seconds, default=None)
            if longest and isinstance(corpus, Soundscapes) and longest[1].seconds > corpus.clip_seconds:
                raise ValueError(
                    f"windows.{longest[0]}.seconds {longest[1].seconds} is longer than the clips (clip_seconds {corpus.clip_seconds})"
                )
        if NESTED_SUBSETS.index(self.train_annotator.subset) < NESTED_SUBSETS.index(self.annotate.subset):
            raise ValueError(f"train_annotator.subset {self.train_annotator.subset} is smaller than annotate.subset {self.annotate.subset}")
        lowest = min(*self.label_counts.thresholds, LEAST_COUNTED)
        if self.annotate.floor > lowest:
            raise ValueError(
                f"annotate.floor {self.annotate.floor} is above {lowest}, down to which labels are counted (label_counts.thresholds, "
                f"and {LEAST_COUNTED} in the label store): lower it"
            )
        return self
