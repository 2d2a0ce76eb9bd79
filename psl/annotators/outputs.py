"""What a model's raw numbers mean: by the contract's `output` they become probabilities, or are refused."""

import numpy as np
import numpy.typing as npt

from psl.config.contract import Contract, Output
from psl.runtime.errors import PslError

Floats = npt.NDArray[np.float32]
TOLERANCE = 1e-6  # how far beyond 0 and 1 the rounding of a model's own sigmoid or softmax may go
INSTEAD: dict[Output, str] = {"sigmoid": "logit", "softmax": "softmax_logit"}  # when they are no probabilities yet


def to_probabilities(raw_BC: npt.NDArray[np.floating], contract: Contract) -> Floats:
    """Probabilities p_BC, float32, of the raw output of a model; each row by itself.

    `logit` and `cosine`: sigmoid of scale x raw + offset; `softmax_logit`: softmax over the classes; `sigmoid` and
    `softmax`: as they are. Raises PslError for NaN, and for probabilities outside 0..1.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # infinite logits are certain, and NaN is refused below
        p_BC = _probabilities(np.ascontiguousarray(raw_BC, np.float32), contract)
    if np.isnan(p_BC).any():
        raise PslError(_not_numbers(raw_BC, p_BC, contract))
    if p_BC.size and (p_BC.min() < -TOLERANCE or p_BC.max() > 1 + TOLERANCE):
        raise PslError(
            f"the annotator {contract.name} gives numbers {_range(p_BC)} where its contract states output: "
            f"{contract.output}, which lies in 0..1: state output: {INSTEAD[contract.output]} if psl is to take the "
            f"{contract.output} of them"
        )
    return np.clip(p_BC, 0, 1)


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)) in the type of `x`; no large `x` overflows.

    >>> sigmoid(np.float32([-np.inf, -1000, 0, 1000])).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softmax(x_BC: Floats) -> Floats:
    """exp(x) / sum of exp(x) of each row, in the type of `x_BC`; no large `x_BC` overflows.

    >>> softmax(np.float32([[1000, 1000], [-1000, 0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    e_BC = np.exp(x_BC - x_BC.max(axis=1, keepdims=True))
    return e_BC / e_BC.sum(axis=1, keepdims=True)


def _probabilities(raw_BC: Floats, contract: Contract) -> Floats:
    """The same, before they are checked."""
    if contract.output in ("logit", "cosine"):
        return sigmoid(np.float32(contract.scale) * raw_BC + np.float32(contract.offset))
    return softmax(raw_BC) if contract.output == "softmax_logit" else raw_BC


def _not_numbers(raw_BC: npt.NDArray[np.floating], p_BC: Floats, contract: Contract) -> str:
    windows = int(np.isnan(p_BC).any(axis=1).sum())
    return (
        f"the annotator {contract.name} gives NaN for {windows} of {len(p_BC)} windows (its other numbers, stated as "
        f"output: {contract.output}, are {_range(raw_BC)}): state another normalisation than "
        f"{contract.normalisation}, or export it in float32"
    )


def _range(x_BC: npt.NDArray[np.floating]) -> str:
    """The least and the greatest number, for people."""
    numbers = x_BC[~np.isnan(x_BC)]
    return f"from {numbers.min():g} to {numbers.max():g}" if numbers.size else "none"
