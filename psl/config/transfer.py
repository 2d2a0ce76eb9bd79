"""Transfer: which model is fine-tuned on which set, and how, the same for all."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from psl.config.base import Closed, Count, Key, Positive, Seed
from psl.config.plugin import find_plugin
from psl.config.training import TrainingParams

ANNOTATOR = "annotator"  # the model that students are compared with


class TransferTask(Closed):
    """What transfer@SET_MODEL fine-tunes, and on what; the models of one SET differ in nothing else."""

    corpus: Key  # of corpora
    train: str  # subset of the corpus
    validation: str | None  # subset, or null: `transfer.validation_share` of `train`, by source
    test: str  # subset; it chooses nothing
    metric: str  # a file of psl/evaluation/tagging/metrics/
    model: Key  # a student, or annotator: the network of train_annotator

    @field_validator("metric")
    @classmethod
    def _metric_exists(cls, metric: str) -> str:
        find_plugin("psl.evaluation.tagging.metrics", metric, "METRIC")
        return metric

    @model_validator(mode="after")
    def _test_apart(self) -> "TransferTask":
        if self.test in (self.train, self.validation) or self.train == self.validation:
            raise ValueError(
                f"train {self.train}, validation {self.validation} and test {self.test} must be different subsets"
            )
        return self


class Transfer(TrainingParams):
    """The protocol, one for all sets and models; `learning_rate` is the head's."""

    # one fine-tuning each; number i starts from the model's seed i, in turn
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    tune: Literal["all", "head"]  # all weights, or the new head on the frozen body
    backbone_learning_rate: Positive | None  # at its highest; null when the body is frozen
    # a random part of each clip in an epoch, and the windows of validation and test; shorter clips are repeated
    crop_seconds: Positive
    hop_seconds: Positive  # from one window to the next
    inference_batch_size: Count  # in a batch of testing

    @model_validator(mode="after")
    def _possible(self) -> "Transfer":
        if (self.tune == "all") != (self.backbone_learning_rate is not None):
            raise ValueError(
                "backbone_learning_rate belongs to tune: all, and is null for tune: head, which freezes the body"
            )
        if self.hop_seconds > self.crop_seconds:
            raise ValueError(
                f"hop_seconds {self.hop_seconds} is longer than crop_seconds {self.crop_seconds}: it would leave gaps"
            )
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must differ")
        return self


def set_of(key: str, transfer: TransferTask) -> str:
    """SET of the key SET_MODEL. Raises ValueError for another key."""
    name, separator, rest = key.rpartition(f"_{transfer.model}")
    if not name or not separator or rest:
        raise ValueError(f"transfers.{key} fine-tunes the model {transfer.model}: call it SET_{transfer.model}")
    return name


def check_transfers(transfers: Mapping[str, TransferTask], corpora: Collection[str], models: Collection[str]) -> None:
    """Raise ValueError for a corpus or model that does not exist, and for models of one set that do not compare."""
    first: dict[str, tuple[str, TransferTask]] = {}
    for key, transfer in transfers.items():
        if transfer.corpus not in corpora:
            raise ValueError(f"transfers.{key}.corpus {transfer.corpus} is none of corpora: {', '.join(corpora)}")
        if transfer.model not in models:
            raise ValueError(f"transfers.{key}.model {transfer.model} is none of {', '.join(models)}")
        other_key, other = first.setdefault(set_of(key, transfer), (key, transfer))
        if transfer.model_copy(update={"model": other.model}) != other:
            raise ValueError(
                f"transfers.{key} and transfers.{other_key} are of one set and may differ in their model only"
            )
