"""A contract made whole: what a person states of a model, and what the model says of itself.

What the model says need not be stated, and must not differ; what neither says is asked for by name.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from psl.annotators.model import Asked
from psl.config.contract import Contract
from psl.config.faults import in_words
from psl.runtime.errors import PslError


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
