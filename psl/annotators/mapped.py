"""An annotator in the classes of the corpus."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from psl.annotators.class_map import ClassMap
from psl.annotators.inference.annotator import Annotator, Input
from psl.io.hashes import hash_json
from psl.io.metadata.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class MappedAnnotator:
    """An annotator whose classes are joined to the corpus's; a psl.annotators.inference.annotator.Annotator."""

    annotator: Annotator
    class_map: ClassMap

    @property
    def name(self) -> str:
        """The annotator's."""
        return self.annotator.name

    @property
    def vocabulary(self) -> Vocabulary:
        """The corpus's C classes."""
        return self.class_map.vocabulary

    @property
    def input(self) -> Input:
        """The annotator's."""
        return self.annotator.input

    @property
    def n_parameters(self) -> int | None:
        """The annotator's."""
        return self.annotator.n_parameters

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """The annotator's."""
        return self.annotator.device

    @property
    def fills_batches(self) -> bool:
        """The annotator's."""
        return self.annotator.fills_batches

    @cached_property
    def weights_hash(self) -> str:
        """Of the annotator and of how the classes are joined."""
        return hash_json([self.annotator.weights_hash, self.class_map.hash])

    def __call__(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probabilities p_BC; 0 for classes that the annotator does not have."""
        return self.class_map(self.annotator(x))
