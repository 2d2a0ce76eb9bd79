"""How good a network is on the validation clips, which are part of the training list and never of the eval list.

One rule for the annotator and every student: the epoch with the lowest binary cross entropy against the model's own kind of
targets is kept. It is what training minimises, and uses every window and class; the mAP against some tens of clips' weak
labels, of which a share is missing, jumps by several points between epochs of the same quality, so it is only recorded.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from psl.metrics.average_precision import average_precision
from psl.training.loss import binary_cross_entropy
from psl.window_dataset import WindowDataset


def validate(
    model: nn.Module, dataset: WindowDataset, clip_W: npt.NDArray[np.integer], weak_NC: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Loss over all windows of `dataset`, and mAP of its clips, a clip's score being the mean over its windows.

    `clip_W` gives the clip of each window of the labels, `weak_NC` the weak labels of the labels' clips.
    The mAP is nan when no validation clip has a label.
    """
    score_NC, windows_N, loss = np.zeros(weak_NC.shape), np.zeros(len(weak_NC)), 0.0
    device = next(model.parameters()).device
    model.eval()
    with torch.inference_mode():
        for row_B, (mel_BTF, target_BC) in dataset.in_order():
            p_BC = model(torch.from_numpy(mel_BTF).to(device))[0]
            loss += binary_cross_entropy(p_BC, torch.from_numpy(target_BC).to(device)).item() * len(row_B)
            np.add.at(score_NC, clip_W[row_B], p_BC.cpu().numpy())
            np.add.at(windows_N, clip_W[row_B], 1)
    seen_N = windows_N > 0
    if not np.isfinite(score_NC).all():
        return float("nan"), float("nan")
    ap_C = average_precision(weak_NC[seen_N], score_NC[seen_N] / windows_N[seen_N, None])
    return loss / len(dataset), float(np.nanmean(ap_C)) if np.isfinite(ap_C).any() else float("nan")
