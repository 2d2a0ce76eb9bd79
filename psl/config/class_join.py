"""How the corpus's classes find their partners among an annotator's, and what happens to those that find none."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from psl.config.base import Closed

File = Annotated[str, Field(min_length=1)]
UnmatchedRule = Literal["weak", "ignore"]  # the clip's weak label in every window; or left out of the loss


class ClassJoin(Closed):
    """Classes are joined by their ids and never by their names; see docs/annotators.md."""

    join: Literal["mid", "ontology"] = "mid"  # the same id; or also its descendants in AudioSet's ontology
    ontology: File | None = None  # AudioSet's ontology.json; belongs to join: ontology
    table: File | None = None  # CSV with the header own,teacher; it decides for the classes that it names
    unmatched: UnmatchedRule = "weak"  # of classes without a partner

    @model_validator(mode="after")
    def _consistent(self) -> "ClassJoin":
        if (self.join == "ontology") != (self.ontology is not None):
            raise ValueError(
                "ontology, the path of AudioSet's ontology.json, belongs to join: ontology, which needs it"
            )
        return self
