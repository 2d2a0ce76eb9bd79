"""The annotator of the stage train_annotator, opened from its folder in each process: no weights travel."""

from dataclasses import dataclass
from pathlib import Path

from psl.annotators.inference.network.build import build_network
from psl.annotators.inference.network.devices import Device
from psl.annotators.inference.network.saved_model import SavedModel, load, seed_folders
from psl.config import ANNOTATOR, Params
from psl.runtime.errors import PslError


@dataclass(frozen=True)
class Opener:
    """Call it where the network shall run."""

    folder: Path
    device: Device

    def __call__(self) -> SavedModel:
        """Raises PslError as psl.annotators.inference.network.saved_model.load does."""
        return load(self.folder, build_network, self.device)


def opener(params: Params, data: Path) -> Opener:
    """The one network of `data`/models/annotator. Raises PslError when there are several, or none."""
    trained = data / "models" / ANNOTATOR
    folders = seed_folders(trained)
    if len(folders) != 1:
        raise PslError(f"{trained} holds {len(folders)} annotators: remove it and run `dvc repro train_annotator`")
    return Opener(next(iter(folders.values())), params.annotate.device)
