"""psl: pseudo strong labels for audio tagging, as a pure library (no DVC, no Prefect, no params.yaml path).

Shapes: `x_BT` samples, `mel_BTF` log-mel features, `p_BC` probabilities;
B batch, T samples or frames, F mel bands, W windows, C classes, K kept labels, N clips.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from psl.tagging.tagger import Tagger

__version__ = "0.1.0"


def load(model: "Path | str", **options: Any) -> "Tagger":
    """A model that tags: `psl.load("data/models/2/seed1").tag("dog.wav")`.

    See psl.tagging.tagger.load.
    """
    from psl.tagging.tagger import load

    return load(model, **options)
