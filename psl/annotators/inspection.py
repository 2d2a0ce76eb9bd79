"""What there is to know of an annotator before it labels a corpus: contract, classes, what it makes of some windows."""

from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from psl.annotators.class_map import ClassMap
from psl.annotators.contract import CONTRACT_FILE, complete, place_of, statement, unsaid
from psl.annotators.foreign import ForeignAnnotator
from psl.annotators.inference.annotator import Annotator
from psl.annotators.open_foreign import open_foreign
from psl.annotators.probe import probe
from psl.annotators.record import Record
from psl.config import FrontEndParams
from psl.config.annotators import AnnotatorParams
from psl.config.base import Device
from psl.config.contract import Contract, LogMel
from psl.io.features.front_end import front_end_hash
from psl.io.hashes import hash_json
from psl.runtime.code_hash import code_hash
from psl.runtime.errors import PslError


def inspect(key: str, params: AnnotatorParams, front_end: FrontEndParams, device: Device) -> tuple[Annotator, Contract]:
    """The annotator of `annotators.KEY`, opened, and its contract; `front_end` is that of the pipeline's features.

    Raises PslError, naming both sides, for a contract that says too little or other things than the model, for a class
    list of another length or order, and for what is no model.
    """
    source = Path(params.source)
    if not source.exists():
        raise PslError(f"annotators.{key}.source {source} does not exist: give the folder of the model")
    module = import_module(f"psl.annotators.kinds.{params.kind}")
    if hasattr(module, "open_annotator"):
        _refuse_contract(key, params)
        annotator = module.open_annotator(source, front_end_hash(front_end), device)
        return annotator, _feature_contract(annotator.name, module.licence(annotator), front_end)
    return inspect_foreign(key, params, device)


def inspect_foreign(key: str, params: AnnotatorParams, device: Device) -> tuple[ForeignAnnotator, Contract]:
    """The same of a model of others, whose source exists: it has a front end of its own."""
    module, source = import_module(f"psl.annotators.kinds.{params.kind}"), Path(params.source)
    if not source.is_dir():
        raise PslError(
            f"annotators.{key}.source {source} is a file, and what lies beside it decides as well: give its folder, "
            "and state model: FILE where it holds several"
        )
    contract = _contract(key, params, module)
    return open_foreign(params.kind, source, contract, device), contract


def make_record(
    params: AnnotatorParams, annotator: Annotator, contract: Contract, class_map: ClassMap, *, front_end: FrontEndParams
) -> Record:
    """All that was found out about an annotator."""
    files = import_module(f"psl.annotators.kinds.{params.kind}").files(Path(params.source), contract.model_dump())
    return Record(
        kind=params.kind,
        source=params.source,
        contract=contract,
        weights_hash=annotator.weights_hash,
        code_hash=_code_hash(params.kind, annotator),
        front_end_hash=front_end_hash(front_end),
        n_parameters=annotator.n_parameters,
        n_bytes=sum(path.stat().st_size for path in files),
        class_map=class_map.as_json(),
    )


def _feature_contract(name: str, licence: str, front_end: FrontEndParams) -> Contract:
    """That of an annotator of the pipeline's own features."""
    return Contract(
        name=name,
        licence=licence,
        input="log_mel",
        sample_rate_hz=front_end.sample_rate_hz,
        window_samples=None,
        normalisation="none",
        log_mel=LogMel(front_end=front_end, axes="BTF"),
        output="sigmoid",
        classes="model",
    )


def _code_hash(kind: str, annotator: Annotator) -> str:
    """Of the code, and the versions of the libraries, that turn windows into labels."""
    from psl.annotators.inference.network.saved_model import SavedModel  # torch, which models of others may not need

    networks = [f"models.{annotator.architecture}"] if isinstance(annotator, SavedModel) else []
    code = code_hash(f"psl.annotators.kinds.{kind}", "psl.annotators.foreign", *networks)
    libraries = getattr(import_module(f"psl.annotators.kinds.{kind}"), "LIBRARIES", ())
    return hash_json([code, *(f"{name} {version(name)}" for name in libraries)])


def probe_foreign(annotator: ForeignAnnotator, x_BT: npt.NDArray[np.float32]) -> None:
    """Raise PslError when what the annotator makes of some windows contradicts its contract."""
    others = getattr(annotator.model, "other_outputs", "")  # of a kind whose models can have several
    n_classes = len(annotator.vocabulary)
    probe(annotator.raw, annotator, x_BT, annotator.contract, n_classes=n_classes, other_outputs=others)


def _contract(key: str, params: AnnotatorParams, module: Any) -> Contract:
    """Of what a person states of the model at `source`, and what the model says itself."""
    source = Path(params.source)
    stated = statement(key, params)
    said = module.said(source, stated)
    nowhere = params.contract is None and not (source / CONTRACT_FILE).is_file()
    if nowhere and (missing := unsaid(stated, said)):
        raise PslError(
            f"{source} has no {CONTRACT_FILE}, and annotators.{key} has no contract: write one with "
            f"{', '.join(missing)} (docs/annotators.md says what each means)"
        )
    return complete(stated, said, place_of(key, params))


def _refuse_contract(key: str, params: AnnotatorParams) -> None:
    if params.contract is not None or (Path(params.source) / CONTRACT_FILE).is_file():
        raise PslError(f"{place_of(key, params)}: a model of the kind {params.kind} says all itself: remove it")
