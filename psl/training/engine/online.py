"""Online labels: the annotator labels each batch anew, after its augmentation, as the paper's code does.

So a window may start anywhere, or be a mixture, and still have the annotator's label of what is heard in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from psl.training.augmentations import none
from psl.training.engine.augment import Augmentation

Annotate = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]  # windows mel_BTF to probabilities p_BC
UNCHANGED = none.build()


@dataclass(frozen=True)
class OnlineLabels:
    """Labels of batches, by `annotate`; `unmatched` are the numbers of the classes that it does not have.

    `afterwards` augments what the student hears and the annotator did not, such as masks. `about`, JSON values, joins
    `trained_on` in model.json: who labels, where it is not the annotator of the stored labels.
    """

    annotate: Annotate
    unmatched: tuple[int, ...] = ()
    afterwards: Augmentation = UNCHANGED
    about: Mapping[str, Any] = field(default_factory=dict)

    def after(self, augmentation: Augmentation) -> Augmentation:
        """`augmentation`, the annotator's labels of what it made, and `afterwards`; unmatched classes keep targets."""

        def augment(
            mel_BTF: torch.Tensor, target_BC: torch.Tensor, generator: torch.Generator
        ) -> tuple[torch.Tensor, torch.Tensor]:
            mel_BTF, given_BC = augmentation(mel_BTF, target_BC, generator)
            p_BC = torch.from_numpy(self.annotate(mel_BTF.cpu().numpy())).to(given_BC)
            p_BC[:, list(self.unmatched)] = given_BC[:, list(self.unmatched)]
            return self.afterwards(mel_BTF, p_BC, generator)

        return augment
