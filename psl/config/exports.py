"""Exports: one entry of `exports` in params.yaml is one trained network as ONNX with a model card."""

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import Field

from psl.config.base import Closed, Key, Seed

Text = Annotated[str, Field(min_length=1)]


class Export(Closed):
    """The network of one seed, and what only a person can say of its licence."""

    model: Key  # a student, or `annotator` where the annotator in use is trained here
    seed: Seed  # one of the model's
    licence: Text  # of the weights, by its SPDX id (such as Apache-2.0) or in words
    data_licence: Text  # of the recordings that it learned from, in words


def check_exports(exports: Mapping[str, Export], seeds: Mapping[str, Collection[int]]) -> None:
    """Raise ValueError for a model or seed that is not trained; `seeds` has those of each model that is."""
    for key, export in exports.items():
        if export.model not in seeds:
            raise ValueError(f"exports.{key}.model {export.model} is none of {', '.join(seeds)}")
        if export.seed not in seeds[export.model]:
            raise ValueError(
                f"exports.{key}.seed {export.seed} is none of the seeds of {export.model}: "
                f"{', '.join(map(str, seeds[export.model]))}"
            )
