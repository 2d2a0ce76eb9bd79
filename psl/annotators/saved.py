"""A saved model as other processes open it: by its folder, so that no weights travel."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from psl.devices import Device
from psl.saved_models import SavedModel, load


@dataclass(frozen=True)
class Reopen:
    """Call it where the network shall run."""

    folder: Path
    builders: str  # the module whose MODELS build networks, found from the folder where the client stands
    device: Device

    def __call__(self) -> SavedModel:
        """Raises PslError as psl.saved_models.load does."""
        return load(self.folder, import_module(self.builders).MODELS, self.device)
