"""Annotators: one entry of `annotators` in params.yaml each, and ensembles of them."""

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath as Path
from typing import Annotated, Any, Literal

from pydantic import Field, create_model, field_validator, model_validator

from psl.config.base import Closed, Key, Positive
from psl.config.class_join import ClassJoin
from psl.config.contract import Contract
from psl.config.faults import near
from psl.config.plugin import names_with

TRAINED_ANNOTATOR = "data/models/annotator"  # of the stage train_annotator: the source of an entry that uses it
FOR_TESTS = "placeholder"  # a kind that nobody wants to label with
WATCHED = "annotators"  # the folder that DVC watches for what a person writes about annotators

# The fields of a contract, of which a person states those that the model does not say itself.
Statement: Any = create_model(
    "Statement",
    __base__=Closed,
    **{name: (field.rebuild_annotation(), None) for name, field in Contract.model_fields.items()},  # type: ignore[call-overload]
)


class AnnotatorParams(Closed):
    """A model that can label windows."""

    kind: str  # a file of psl/annotators/kinds/
    source: Annotated[str, Field(min_length=1)]  # the model's folder
    origin: str | None = None  # where the model comes from, for whom it is not there: the message says so
    contract: Statement | None = None  # null: that of SOURCE/annotator.yaml, where there is one
    classes: ClassJoin = ClassJoin()  # how the corpus's classes find the annotator's

    @property
    def is_trained_here(self) -> bool:
        """Whether it is the model of the stage train_annotator."""
        return Path(self.source).is_relative_to(TRAINED_ANNOTATOR)

    def student_of(self, students: Collection[str]) -> str | None:
        """The student whose networks it is, if it is one of this pipeline's own."""
        own = () if self.is_trained_here else students
        return next((key for key in own if Path(self.source).is_relative_to(f"data/models/{key}")), None)

    @model_validator(mode="after")
    def _watched(self) -> "AnnotatorParams":
        for name in ("table", "ontology"):
            path = getattr(self.classes, name)
            if path is not None and not any(Path(path).is_relative_to(folder) for folder in (WATCHED, self.source)):
                raise ValueError(
                    f"classes.{name} {path} lies neither in {WATCHED}/ nor in {self.source}, where DVC "
                    f"sees its changes: copy it to {WATCHED}/"
                )
        return self

    @model_validator(mode="after")
    def _by_name_in_a_file(self) -> "AnnotatorParams":
        model = self.contract and self.contract.model
        if model and self.kind == "hugging_face":  # of other kinds it is a file in the folder
            raise ValueError(
                f"contract.model {model} is a name on the hub, and DVC watches a folder that exists: write the "
                f"contract to {Path(self.source) / 'annotator.yaml'} instead"
            )
        return self

    @field_validator("kind")
    @classmethod
    def _kind_exists(cls, kind: str) -> str:
        kinds = names_with("psl.annotators.kinds", "files")
        if kind not in kinds:
            shown = [each for each in kinds if each != FOR_TESTS]
            raise ValueError(f"kind {kind} is unknown{near(kind, shown)}: choose one of {', '.join(shown)}")
        return kind


class AnnotatorEnsemble(Closed):
    """The weighted mean of several annotators' probabilities."""

    members: Annotated[dict[Key, Positive], Field(min_length=2)]  # weights by the keys of annotators
    classes: Literal["union", "intersection"]  # those that any member has, from the members that have them; or all have
    cross_fitted: bool = False  # each training clip is labelled by the members that did not learn its part


def check_annotators(
    annotators: Mapping[str, AnnotatorParams], ensembles: Mapping[str, AnnotatorEnsemble], students: Collection[str]
) -> None:
    """Raise ValueError for a student as annotator, a name that is used twice, and a member that does not exist."""
    for key, annotator in annotators.items():
        if student := annotator.student_of(students):
            raise ValueError(
                f"annotators.{key}.source {annotator.source} is the student {student}, who waits for these labels: "
                "copy its folder elsewhere first"
            )
    for key, ensemble in ensembles.items():
        if key in annotators:
            raise ValueError(f"annotator_ensembles.{key} has the name of an annotator: choose another")
        for member in ensemble.members:
            if member not in annotators:
                raise ValueError(
                    f"annotator_ensembles.{key}.members.{member} is no annotator: there are {', '.join(annotators)}"
                )
        rules = {member: annotators[member].classes.unmatched for member in ensemble.members}
        if len(set(rules.values())) > 1:
            stated = ", ".join(f"annotators.{member}.classes.unmatched {rule}" for member, rule in rules.items())
            raise ValueError(f"annotator_ensembles.{key} has members of different rules ({stated}): state one for all")


def check_trained_here(key: str, source: str, folders: Collection[str], *, one_seed: bool) -> None:
    """Raise ValueError unless `source` names one of the networks of train_annotator, or all where it has one seed."""
    if Path(source) == Path(TRAINED_ANNOTATOR) and one_seed:
        return
    if Path(source) not in map(Path, folders):
        raise ValueError(
            f"annotators.{key}.source {source} is not one network of train_annotator.seeds: choose one of "
            f"{', '.join(folders)} (annotator_ensembles make one annotator of several)"
        )
