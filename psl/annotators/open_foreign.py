"""Open a model that others trained, with its class list, by its contract."""

from importlib import import_module
from pathlib import Path
from typing import Any

from psl.annotators.class_list import read_class_list, require_same_order
from psl.annotators.foreign import ForeignAnnotator
from psl.config.base import Device
from psl.config.contract import Contract
from psl.io.hashes import hash_file, hash_json
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError

OWN_CLASSES = "model"
NO_RESULT = {"name", "licence", "classes"}  # fields of a contract that no label depends on; classes count as they are


def open_foreign(kind: str, source: Path, contract: Contract, device: Device) -> ForeignAnnotator:
    """The annotator of audio in the folder `source`. Raises PslError for a class list that is not the model's."""
    module = import_module(f"psl.annotators.kinds.{kind}")
    classes = _classes(module, source, contract)
    parts = [hash_file(path) for path in module.files(source, contract.model_dump())]
    numbers = contract.model_dump(exclude=NO_RESULT)
    weights_hash = hash_json([kind, parts, numbers, classes.mids])
    return ForeignAnnotator(contract, classes, module.open_model(source, contract, device), weights_hash)


def _classes(module: Any, source: Path, contract: Contract) -> Vocabulary:
    """The class list that the contract names, which must not contradict the model's own."""
    own = module.class_list(source)
    if contract.classes == OWN_CLASSES:
        if own is None:
            raise PslError(f"{source} has no class list of its own: give the name of its file as classes")
        return own
    path = source / contract.classes
    classes = read_class_list(path)
    if own is not None:
        require_same_order(classes, own, path.as_posix(), source.as_posix())
    return classes
