"""Transfer: which model is fine-tuned on which set, and how, the same for all."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.leaks.roles import EVALUATION, TRAINING
from psl.params.base import Closed, Count, Key, Positive, Seed
from psl.params.training import Course

BODY = "features"  # the networks' part below the head
ANNOTATOR = "annotator"  # the model that students are compared with


class TransferOf(Closed):
    """What transfer@SET_MODEL fine-tunes, and on what; the models of one SET differ in nothing else."""

    corpus: Key
    train: str  # subset of the corpus
    validation: str | None  # subset, or null: `transfer.validation_share` of `train`, by source
    test: str  # subset; it chooses nothing
    metric: Literal["mAP", "mAP@3", "lwlrap"]
    model: Key

    @model_validator(mode="after")
    def _test_apart(self) -> "TransferOf":
        if self.test in (self.train, self.validation) or self.train == self.validation:
            raise ValueError(f"train {self.train}, validation {self.validation} and test {self.test} must be different subsets")
        for subset in (self.train, self.validation):
            if subset not in TRAINING | {None}:
                raise ValueError(f"the subset {subset} does not train: choose one of {', '.join(sorted(TRAINING))}")
        if self.test not in EVALUATION:
            raise ValueError(f"test {self.test} does not evaluate: choose one of {', '.join(sorted(EVALUATION))}")
        return self


class Transfer(Course):
    """The protocol, one for all sets and models; `learning_rate` is the head's."""

    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]  # one fine-tuning each; number i starts from the model's seed i, in turn
    tune: Literal["all", "head"]  # all weights, or the new head on the frozen body
    body_learning_rate: Positive | None  # at its highest; null when the body is frozen
    crop_seconds: Positive  # a random part of each clip in an epoch, and the windows of validation and test; shorter clips are repeated
    hop_seconds: Positive  # from one window to the next
    score_windows: Count  # in a batch of testing

    @model_validator(mode="after")
    def _possible(self) -> "Transfer":
        if (self.tune == "all") != (self.body_learning_rate is not None):
            raise ValueError("body_learning_rate belongs to tune: all, and is null for tune: head, which freezes the body")
        if self.hop_seconds > self.crop_seconds:
            raise ValueError(f"hop_seconds {self.hop_seconds} is longer than crop_seconds {self.crop_seconds}: it would leave gaps")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self

    @property
    def rates(self) -> Mapping[str, float]:
        """The body's rate relative to the head's; 0 freezes it."""
        return {BODY: (self.body_learning_rate or 0.0) / self.learning_rate}


def set_of(key: str, transfer: TransferOf) -> str:
    """SET of the key SET_MODEL. Raises ValueError for another key."""
    name, found, rest = key.rpartition(f"_{transfer.model}")
    if not name or not found or rest:
        raise ValueError(f"transfers.{key} fine-tunes the model {transfer.model}: call it SET_{transfer.model}")
    return name


def check_transfers(transfers: Mapping[str, TransferOf], corpora: Mapping[str, object], models: Mapping[str, object]) -> None:
    """Raise ValueError for a corpus or model that is not there, and for models of one set that do not compare."""
    if not transfers:
        raise ValueError("transfers is empty, and the table of transfers needs one: keep a set that is built from a bank")
    first: dict[str, tuple[str, TransferOf]] = {}
    for key, transfer in transfers.items():
        for section, there, wanted in (("corpora", corpora, transfer.corpus), ("models", models, transfer.model)):
            if wanted not in there:
                raise ValueError(f"transfers.{key} asks for {section}.{wanted}: there are {', '.join(there)}")
        other_key, other = first.setdefault(set_of(key, transfer), (key, transfer))
        if transfer.model_copy(update={"model": other.model}) != other:
            raise ValueError(f"transfers.{key} and transfers.{other_key} are of one set and may differ in their model only")
