"""Who labels: one annotator, or an ensemble, whose label is the weighted mean of its members' probabilities."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from psl.annotators.class_map import ClassMap
from psl.annotators.inference.annotator import Annotator, FeatureInput
from psl.annotators.record import Record
from psl.config import AnnotatorEnsemble
from psl.config.class_join import UnmatchedRule
from psl.config.cross_fitting import left_out_part
from psl.io.hashes import hash_json
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Member:
    """One annotator, opened, in the corpus's classes."""

    key: str
    weight: float
    opener: Callable[[], Annotator]  # opens it again, in another process
    annotator: Annotator
    record: Record
    class_map: ClassMap

    @property
    def front_end_hash(self) -> str | None:
        """Of the features that it takes; None for one that takes audio."""
        return self.record.front_end_hash if isinstance(self.annotator.input, FeatureInput) else None


@dataclass(frozen=True, eq=False)
class Members:
    """The annotators that label together, M of them; `classes` and `cross_fitted` belong to several."""

    key: str  # of annotators or annotator_ensembles
    members: tuple[Member, ...]
    classes: Literal["union", "intersection"] = "union"
    cross_fitted: bool = False  # clips of a part are labelled by the members that did not learn that part

    @property
    def name(self) -> str:
        """For people and for the provenance of the labels."""
        return " + ".join(member.annotator.name for member in self.members)

    @property
    def vocabulary(self) -> Vocabulary:
        """The corpus's C classes."""
        return self.members[0].annotator.vocabulary

    @cached_property
    def weights_hash(self) -> str:
        """Of all that labels depend on; that of the annotator where it is one."""
        if len(self.members) == 1:
            return self.members[0].annotator.weights_hash
        rules = [self.classes, "cross_fitted"] if self.cross_fitted else [self.classes]
        return hash_json([[m.annotator.weights_hash, m.weight] for m in self.members] + rules)

    @property
    def seed(self) -> int:
        """Of the training, where it is one model of the kind saved in a folder seedN: N; else 0."""
        record = self.members[0].record
        if len(self.members) > 1 or record.kind != "saved":
            return 0
        match = re.fullmatch(r"seed(\d+)", Path(record.contract.name).name)  # the name of such a model is its folder
        return int(match[1]) if match else 0

    @property
    def n_bytes(self) -> int:
        """Of all their files."""
        return sum(member.record.n_bytes for member in self.members)

    @property
    def n_parameters(self) -> int | None:
        """Of all their networks; None when one does not say."""
        numbers = [member.record.n_parameters for member in self.members]
        return None if None in numbers else sum(number for number in numbers if number is not None)

    @cached_property
    def share_MC(self) -> Floats:
        """Each member's share of the label of each class: 0 for members without it, and where no label is to be had."""
        return self._shares([m.weight for m in self.members])

    @cached_property
    def _share_MC_of_part(self) -> dict[int | None, Floats]:
        """The shares of those members alone that did not learn a part, by its number."""
        part_M = [left_out_part(m.record.source) for m in self.members]
        return {
            part: self._shares(
                [m.weight * (of_member == part) for m, of_member in zip(self.members, part_M, strict=True)]
            )
            for part in set(part_M)
        }

    def _shares(self, weight_M: Sequence[float]) -> Floats:
        has_MC = np.ones((len(self.members), len(self.vocabulary)), bool)
        for has_C, member in zip(has_MC, self.members, strict=True):
            has_C[list(member.class_map.unmatched)] = False
        if self.classes == "intersection":
            has_MC &= has_MC.all(axis=0)
        weight_MC = has_MC * np.array(weight_M)[:, None]
        total_C = weight_MC.sum(axis=0)
        return (weight_MC / np.where(total_C > 0, total_C, 1)).astype(np.float32)

    @cached_property
    def unmatched(self) -> tuple[int, ...]:
        """Numbers of the corpus's classes that get no label."""
        return tuple(np.flatnonzero(self.share_MC.sum(axis=0) == 0).tolist())

    @property
    def rule(self) -> UnmatchedRule:
        """What becomes of the classes without a label. Raises PslError for members with different rules."""
        rules = {member.class_map.rule for member in self.members}
        if len(rules) > 1:
            keys = ", ".join(f"annotators.{member.key}" for member in self.members)
            raise PslError(
                f"annotator_ensembles.{self.key}: {keys} differ in classes.unmatched: state one rule for all"
            )
        return next(iter(rules))

    def mean(self, p_of_members: Sequence[Floats], part: int | None = None) -> Floats:
        """The label of each class from what the members give, each of shape (..., C); 0 for unmatched classes.

        `part` is that of the training clip, for members that are cross-fitted; None: a clip that none of them learnt.
        """
        if len(self.members) == 1:
            return p_of_members[0]
        share_MC = self.share_MC if part is None else self._share_MC_of_part[part]
        weighted = [share_C * p for share_C, p in zip(share_MC, p_of_members, strict=True)]
        return np.minimum(np.sum(weighted, axis=0, dtype=np.float32), np.float32(1))

    def provenance(self) -> dict[str, Any]:
        """What labels say of their annotator, as JSON."""
        mids = [self.vocabulary.mids[number] for number in self.unmatched]
        return {
            "kind": "annotator",
            "annotator": self.name,
            "annotator_key": self.key,
            "weights_hash": self.weights_hash,
            **({"classes": self.classes} if len(self.members) > 1 else {}),
            **({"cross_fitted": True} if self.cross_fitted else {}),
            "members": [
                {
                    "key": member.key,
                    "weight": member.weight,
                    "contract": member.record.contract.model_dump(mode="json"),
                    "weights_hash": member.record.weights_hash,
                    "front_end_hash": member.front_end_hash,
                    "mapping": member.class_map.as_json(),
                }
                for member in self.members
            ],
            "unmatched": {"mids": mids, "rule": self.rule},
        }


def members_of(key: str, ensembles: Mapping[str, AnnotatorEnsemble], opened: Callable[[str, float], Member]) -> Members:
    """The annotator `key`, or the members of the ensemble `key`, each as `opened(key, weight)` gives it."""
    ensemble = ensembles.get(key)
    weights: Mapping[str, float] = {key: 1.0} if ensemble is None else ensemble.members
    members = tuple(opened(name, weight) for name, weight in weights.items())
    return Members(key, members) if ensemble is None else Members(key, members, ensemble.classes, ensemble.cross_fitted)
