"""A contract made whole: what a person states of a model, and what the model says of itself.

What the model says need not be stated, and must not differ; what neither says is asked for by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from psl.annotators.model import Asked
from psl.config.annotators import AnnotatorParams, Statement
from psl.config.contract import Contract
from psl.config.faults import in_words
from psl.config.yaml_read import load_yaml
from psl.runtime.errors import PslError

CONTRACT_FILE = "annotator.yaml"


def unsaid(stated: Mapping[str, Any], said: Mapping[str, Any]) -> list[str]:
    """The fields that a contract needs and neither gives, as a message lists them."""
    fields = {**said, **stated}
    missing = [name for name, field in Contract.model_fields.items() if field.is_required() and name not in fields]
    if fields.get("window_samples") is not None:
        missing += [name for name in ("shorter_windows", "longer_windows") if name not in fields]
    return missing + [f"{name} ({value.choices})" for name, value in fields.items() if isinstance(value, Asked)]


def complete(stated: Mapping[str, Any], said: Mapping[str, Any], where: str) -> Contract:
    """The contract of what a person `stated` and what the model itself `said`, both by field.

    `where` names the place of the statement, for messages. Raises PslError for a field that both give and that
    differs, for one that neither gives, and for values that Contract refuses.
    """
    for name in stated.keys() & said.keys():
        if stated[name] != said[name]:
            raise PslError(f"{where} states {name}: {stated[name]}, and the model itself says {said[name]}: correct it")
    if missing := unsaid(stated, said):
        raise PslError(
            f"{where} does not state {', '.join(missing)}, and the model does not say so itself: add "
            f"{'it' if len(missing) == 1 else 'them'} (docs/annotators.md says what each means)"
        )
    try:
        return Contract.model_validate({**said, **stated})
    except ValidationError as error:
        raise PslError(f"{where}: {in_words(error, Contract)}") from None


def statement(key: str, params: AnnotatorParams) -> dict[str, Any]:
    """The fields of Contract that a person states for `annotators.KEY`, there or in SOURCE/annotator.yaml.

    Raises PslError where both are there, and for what is no statement.
    """
    path = Path(params.source) / CONTRACT_FILE
    if params.contract is not None and path.is_file():
        raise PslError(f"annotators.{key}.contract and {path} both state a contract: keep one of them")
    if params.contract is not None:
        return params.contract.model_dump(exclude_unset=True)
    if not path.is_file():
        return {}
    values = load_yaml(path, YAML(typ="safe"))
    if not isinstance(values, dict):
        raise PslError(f"{path} states no fields: write `name: …` and so on, as docs/annotators.md says")
    try:
        return Statement.model_validate(values).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise PslError(f"{path}: {in_words(error, Statement)}") from None


def place_of(key: str, params: AnnotatorParams) -> str:
    """The place of the statement, for messages."""
    path = Path(params.source) / CONTRACT_FILE
    return path.as_posix() if params.contract is None and path.is_file() else f"annotators.{key}.contract"
