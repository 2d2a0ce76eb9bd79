"""Many small logistic regressions at once: C curves of one variable, each drawn to a given line by a ridge.

For each class the minimum of

    sum over n of  w_n x (log(1 + exp(z_n)) - y_n x z_n)
    + ridge / 2 x ((slope - slope of the given line)^2 + (offset - offset of the given line)^2)

with z_n = slope x_n + offset and slope at least `smallest_slope`. It is convex, so Newton's method with step halving
finds it; where the slope would be smaller, the minimum lies at the smallest slope, and only the offset is sought.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from psl.io.labels.calibration import sigmoid

Floats = npt.NDArray[np.float64]
STEPS = 100  # of Newton's method, which needs about ten
TOLERANCE = 1e-9  # of a step
HALVINGS = 40
ROUNDING = 1e-12  # of a loss, relative
VALUES_AT_ONCE = 1 << 17


class Lines(NamedTuple):
    """Slope and offset of C logits."""

    slope_C: Floats
    offset_C: Floats


class Observations(NamedTuple):
    """N observations of each of C classes: the variable, the outcome, and its weight."""

    x_NC: Floats
    y_NC: npt.NDArray[np.bool_]
    weight_NC: Floats | npt.NDArray[np.bool_]

    def parts(self) -> "list[Observations]":
        """Some rows each, so that temporary arrays stay small."""
        clips, classes = self.x_NC.shape
        rows = max(VALUES_AT_ONCE // classes, 1)
        cuts = [slice(begin, begin + rows) for begin in range(0, clips, rows)]
        return [Observations(self.x_NC[cut], self.y_NC[cut], self.weight_NC[cut]) for cut in cuts]


def fit_lines(seen: Observations, towards: Lines, ridge: float, smallest_slope: float) -> Lines:
    """The C lines of least penalised loss, deterministic; without a ridge a class without both outcomes has none."""
    everywhere_C = np.ones(len(towards.slope_C), bool)
    lines = _newton(seen, towards, ridge, free_C=everywhere_C, start=towards)
    held_C = ~(lines.slope_C >= smallest_slope)
    if held_C.any():
        start = Lines(
            np.where(held_C, smallest_slope, lines.slope_C), np.where(held_C, towards.offset_C, lines.offset_C)
        )
        lines = _newton(seen, towards, ridge, free_C=~held_C, start=start)
    return lines


def _newton(seen: Observations, towards: Lines, ridge: float, *, free_C: npt.NDArray[np.bool_], start: Lines) -> Lines:
    """Newton's method from `start`; only classes of `free_C` change their slope."""
    lines, parts = start, seen.parts()
    loss_C = _loss(parts, lines, towards, ridge)
    for _ in range(STEPS):
        step = _step(parts, lines, towards, ridge, free_C=free_C)
        share_C = np.ones(len(loss_C))
        for _ in range(HALVINGS):
            tried = Lines(lines.slope_C + share_C * step.slope_C, lines.offset_C + share_C * step.offset_C)
            tried_loss_C = _loss(parts, tried, towards, ridge)
            worse_C = ~(tried_loss_C <= loss_C * (1 + ROUNDING))
            if not worse_C.any():
                break
            share_C[worse_C] /= 2
        share_C[worse_C] = 0
        lines = Lines(lines.slope_C + share_C * step.slope_C, lines.offset_C + share_C * step.offset_C)
        loss_C = np.where(worse_C, loss_C, tried_loss_C)
        if max(np.abs(share_C * values_C).max() for values_C in step) < TOLERANCE:
            break
    return lines


def _loss(parts: list[Observations], lines: Lines, towards: Lines, ridge: float) -> Floats:
    """The penalised loss of each class."""
    from_line = [values_C - line_C for values_C, line_C in zip(lines, towards, strict=True)]
    loss_C = ridge / 2 * (from_line[0] ** 2 + from_line[1] ** 2)
    for x_NC, y_NC, weight_NC in parts:
        z_NC = lines.slope_C * x_NC + lines.offset_C
        loss_C += (weight_NC * (np.logaddexp(0, z_NC) - np.where(y_NC, z_NC, 0))).sum(axis=0)
    return loss_C


def _step(
    parts: list[Observations], lines: Lines, towards: Lines, ridge: float, *, free_C: npt.NDArray[np.bool_]
) -> Lines:
    """Newton's step of each class: minus the gradient over the curvature."""
    slope_g = ridge * (lines.slope_C - towards.slope_C)
    offset_g = ridge * (lines.offset_C - towards.offset_C)
    slope_h, offset_h, both_h = (np.full(len(slope_g), value) for value in (ridge, ridge, 0.0))
    for x_NC, y_NC, weight_NC in parts:
        p_NC = sigmoid(lines.slope_C * x_NC + lines.offset_C)
        residual_NC, curvature_NC = weight_NC * (p_NC - y_NC), weight_NC * (p_NC * (1 - p_NC))
        slope_g += (residual_NC * x_NC).sum(axis=0)
        offset_g += residual_NC.sum(axis=0)
        slope_h += (curvature_NC * x_NC**2).sum(axis=0)
        offset_h += curvature_NC.sum(axis=0)
        both_h += (curvature_NC * x_NC).sum(axis=0)
    both_h, slope_g = np.where(free_C, both_h, 0), np.where(free_C, slope_g, 0)
    determinant = np.maximum(slope_h * offset_h - both_h**2, 1e-300)
    return Lines(
        -(offset_h * slope_g - both_h * offset_g) / determinant,
        -(slope_h * offset_g - both_h * slope_g) / determinant,
    )
