"""How good a network is on the validation clips, which are part of the training list and never of the eval list.

One rule for the annotator and every student: the weights with the lowest binary cross entropy against the model's own
kind of targets are kept. It is what training minimises, and uses every window and class; the mAP against some tens of
clips' weak labels, of which a share is missing, jumps by several points between weights of the same quality, so it is
only recorded.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from psl.evaluation.scores.ranking.average_precision import average_precision
from psl.training.engine.dataset import WindowDataset
from psl.training.engine.loss import binary_cross_entropy


def validate(
    model: nn.Module,
    dataset: WindowDataset,
    clip_W: npt.NDArray[np.integer],
    weak_NC: npt.NDArray[np.bool_],
    *,
    known_NC: npt.NDArray[np.bool_] | None = None,
) -> tuple[float, float]:
    """Loss over all windows of `dataset`, and mAP of its clips, a clip's score being the mean over its windows.

    `clip_W` gives the clip of each window of the labels, `weak_NC` the weak labels of the N clips of `dataset` in the
    order of the labels, `known_NC` which of them are known (None: all). Targets that are NaN are left out of the loss.
    The mAP is nan when no validation clip has a label.
    """
    clips, number_W = np.unique(clip_W[dataset.rows_W], return_inverse=True)
    number_of_row = dict(zip(dataset.rows_W.tolist(), number_W.tolist(), strict=True))
    score_NC, windows_N, loss = np.zeros((len(clips), weak_NC.shape[1])), np.bincount(number_W), 0.0
    partial, counted = dataset.targets.partial, 0
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode():
        for row_B, (mel_BTF, target_BC) in dataset.in_order():
            p_BC = model(torch.from_numpy(mel_BTF).to(device))[0]
            count = int(np.isfinite(target_BC).sum()) if partial else len(row_B)
            target = torch.from_numpy(target_BC).to(device)
            loss += binary_cross_entropy(p_BC, target, partial=partial).item() * count
            counted += count
            np.add.at(score_NC, [number_of_row[row] for row in row_B.tolist()], p_BC.cpu().numpy())
    if not np.isfinite(score_NC).all():
        return float("nan"), float("nan")
    ap_C = average_precision(weak_NC, score_NC / windows_N[:, None], known_NC)
    return loss / counted, float(np.nanmean(ap_C)) if np.isfinite(ap_C).any() else float("nan")
