"""A few windows labelled before a whole corpus is, to find a contract that does not fit its model."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from psl.annotators.outputs import to_probabilities
from psl.config.contract import Contract
from psl.runtime.errors import PslError
from psl.runtime.progress import log

Floats = npt.NDArray[np.float32]
MIN_NUMBERS = 64  # of so many logits some lie outside 0..1
FEWEST_WINDOWS = 8  # labelled together, and with silence
SILENCE_SECONDS = 0.01  # zeros that long fill a short frame of a spectrogram
MATE_TOLERANCE = 1e-4  # probabilities of one window in two batches
SUM_TOLERANCE = 1e-3  # of the probabilities of a softmax


def probe(
    raw: Callable[[Floats], Floats],
    label: Callable[[Floats], Floats],
    x_BT: Floats,
    contract: Contract,
    *,
    n_classes: int,
    other_outputs: str = "",
) -> None:
    """Raise PslError when the numbers for some real windows `x_BT`, and for silence, contradict the contract.

    `raw` gives the model's output of windows, shape (P, outputs), with the same number of rows for each window in
    turn; `label` gives probabilities p_BC. Both take any number of windows and keep to contract.batch_windows. Several
    windows of different loudness show most, and `windows_wanted` says how many tell probabilities from logits.
    `other_outputs` lists what else a person could have chosen, for a message.
    What may be as it should is only logged: too few numbers that look like probabilities, a sigmoid that looks like a
    softmax, a softmax that looks like a sigmoid, and the same numbers for every window.
    """
    clips_BT, silence_1T = _loudest_and_quietest_first(x_BT), np.zeros_like(x_BT[:1])
    x_BT = np.concatenate([clips_BT, silence_1T])
    raw_PC = raw(x_BT)
    _require_rows(raw_PC, len(x_BT), contract, n_classes)
    _require_width(raw_PC, contract, n_classes, other_outputs)
    _require_numbers(raw_PC, x_BT, contract)
    to_probabilities(raw_PC, contract)
    _require_no_probabilities(raw_PC, contract)
    _say_doubts(raw_PC, contract)
    _require_independence(label, np.concatenate([clips_BT[:FEWEST_WINDOWS], silence_1T]), contract)


def windows_wanted(n_classes: int) -> int:
    """So many windows show whether the numbers of `n_classes` classes are probabilities.

    >>> windows_wanted(1), windows_wanted(3), windows_wanted(527)
    (64, 22, 8)
    """
    return max(FEWEST_WINDOWS, math.ceil(MIN_NUMBERS / n_classes))


def _require_rows(raw_PC: Floats, windows: int, contract: Contract, n_classes: int) -> None:
    if raw_PC.ndim != 2 or not len(raw_PC) or len(raw_PC) % windows:
        raise PslError(
            f"the annotator {contract.name} gives an output of the shape {raw_PC.shape} for {windows} windows, and not "
            f"{n_classes} numbers for each: name or export the output that has one number a class"
        )


def _require_width(raw_PC: Floats, contract: Contract, n_classes: int, other_outputs: str) -> None:
    if raw_PC.shape[1] == n_classes:
        return
    named = f" as its output {contract.output_name}" if contract.output_name else ""
    other = f"state another output as output_name ({other_outputs}), or " if other_outputs else ""
    raise PslError(
        f"the annotator {contract.name} gives{named} {raw_PC.shape[1]} numbers for a window, and its class list "
        f"(classes: {contract.classes}) has {n_classes} classes: {other}give the list that it was trained with"
    )


def _require_numbers(raw_PC: Floats, x_BT: Floats, contract: Contract) -> None:
    """Refuse NaN; silence is to blame where the silent window gets it, and no window without silence does."""
    nan_B = np.asarray(np.isnan(raw_PC).reshape(len(x_BT), -1).any(axis=1))
    if not nan_B.any():
        return
    of_clips, of_silence = int(nan_B[:-1].sum()), bool(nan_B[-1])
    stretches = [_longest_silence(x_T) for x_T in x_BT[:-1][nan_B[:-1]]]
    whole = stretches.count(x_BT.shape[1])
    partly = sum(SILENCE_SECONDS * contract.sample_rate_hz <= samples < x_BT.shape[1] for samples in stretches)
    kinds = f" ({whole} of them silent, {partly} silent in part)" if of_clips else ""
    if of_silence and whole + partly == of_clips:
        advice = (
            "export it with a small number added where it divides or takes a logarithm, or, if it normalises by "
            f"itself, state another normalisation than {contract.normalisation}"
        )
    else:
        advice = f"state another normalisation than {contract.normalisation}, or export it in float32"
    raise PslError(
        f"the annotator {contract.name} gives NaN for {of_clips} of {len(x_BT) - 1} windows of clips{kinds} and "
        f"{'' if of_silence else 'not '}for the silent window that psl adds: {advice}"
    )


def _longest_silence(x_T: Floats) -> int:
    """Samples of the longest stretch of zeros."""
    edges = np.concatenate([[-1], np.flatnonzero(x_T), [len(x_T)]])
    return int(np.diff(edges).max()) - 1


def _require_no_probabilities(raw_PC: Floats, contract: Contract) -> None:
    """Refuse to squash probabilities again; a scale or offset shows that a person has looked at the numbers."""
    if contract.output not in ("logit", "softmax_logit") or (contract.scale, contract.offset) != (1.0, 0.0):
        return
    if not 0 <= raw_PC.min() < raw_PC.max() <= 1:
        return
    of_softmax = raw_PC.shape[1] > 1 and _sum_to_one(raw_PC)
    output = "softmax" if of_softmax else "sigmoid"
    found = (
        f"the annotator {contract.name} gives {raw_PC.size} numbers from {raw_PC.min():g} to {raw_PC.max():g} where "
        f"its contract states output: {contract.output}"
    )
    if of_softmax or raw_PC.size >= MIN_NUMBERS:
        raise PslError(f"{found}, so they are probabilities already: state output: {output}")
    log(f"{found}: are they probabilities already, output: {output}?")


def _say_doubts(raw_PC: Floats, contract: Contract) -> None:
    if (raw_PC == raw_PC[0]).all():
        log(
            f"the annotator {contract.name} gives silence and all other windows the same numbers: are its weights read?"
        )
    if contract.output == "sigmoid" and raw_PC.shape[1] > 2 and _sum_to_one(raw_PC):
        log(
            f"the probabilities of the annotator {contract.name} sum to 1 in every window, as those of a softmax do, "
            "and its contract states output: sigmoid: is it softmax?"
        )
    if contract.output == "softmax" and not _sum_to_one(raw_PC):
        sums_P = raw_PC.sum(axis=1)
        log(
            f"the probabilities of the annotator {contract.name} sum to {sums_P.min():.3g} to {sums_P.max():.3g} in a "
            "window, and its contract states output: softmax: is it sigmoid?"
        )


def _sum_to_one(raw_PC: Floats) -> bool:
    return bool(np.abs(raw_PC.sum(axis=1) - 1).max() <= SUM_TOLERANCE)


def _loudest_and_quietest_first(x_BT: Floats) -> Floats:
    """The windows in another order: side by side, those where one changes the other first, if a batch has two."""
    return x_BT[np.roll(np.abs(x_BT).max(axis=1).argsort(), 1)]


def _require_independence(label: Callable[[Floats], Floats], x_BT: Floats, contract: Contract) -> None:
    p_BC = label(x_BT)
    for window in {min(1, len(x_BT) - 2), len(x_BT) - 1}:  # the quietest, and silence
        alone_C = label(np.repeat(x_BT[window : window + 1], len(x_BT), axis=0))[0]
        _require_alike(alone_C, p_BC[window], contract)


def _require_alike(alone_C: Floats, among_C: Floats, contract: Contract) -> None:
    difference = float(np.abs(alone_C - among_C).max())
    if difference <= MATE_TOLERANCE:
        return
    found = f"the annotator {contract.name} gives one window probabilities that differ by {difference:.2g}"
    if contract.batch_windows == 1:
        raise PslError(f"{found} when it is asked twice: export it in evaluation mode, without chance")
    raise PslError(
        f"{found} alone and among others, so its labels depend on the other windows of its batch: export it in "
        "evaluation mode and without a floor or mean over the batch, or state batch_windows: 1"
    )
