"""The subsets of a corpus, their roles and what they include, and the public namespace of its recordings."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from psl.io.files import write_json
from psl.runtime.errors import PslError

CORPUS_FILE = "corpus.json"


@dataclass(frozen=True)
class Subset:
    """One subset: its own rows of the manifest, and all clips of the subsets that it `includes`."""

    name: str
    trains: bool  # models are trained on it, or chosen by it; otherwise they are only scored on it
    includes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subsets:
    """The subsets of a corpus, in the order in which tables list them.

    `recordings` is the public namespace of the manifest's ids and sources: equal names in two corpora are the same
    YouTube video or Freesound recording. None: the names are the corpus's own, and match no other corpus's.
    """

    subsets: tuple[Subset, ...]
    recordings: Literal["youtube", "freesound"] | None = field(default=None, kw_only=True)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in order."""
        return tuple(subset.name for subset in self.subsets)

    def get(self, name: str) -> Subset:
        """The subset of that name. Raises PslError that lists the subsets when there is none."""
        for subset in self.subsets:
            if subset.name == name:
                return subset
        raise PslError(f"the corpus has no subset {name}: choose one of {', '.join(self.names)}")

    def parts_of(self, name: str) -> tuple[str, ...]:
        """The subsets whose files together hold `name`, itself last. Raises PslError that lists the subsets if unknown.

        >>> nested = Subsets((Subset("small", True), Subset("large", True, ("small",)), Subset("test", False)))
        >>> nested.parts_of("large"), nested.parts_of("test")
        (('small', 'large'), ('test',))
        """
        parts = [part for included in self.get(name).includes for part in self.parts_of(included)]
        return tuple(dict.fromkeys([*parts, name]))

    def in_order(self, names: Iterable[str]) -> list[str]:
        """These subsets in the corpus's order. Raises PslError that lists the subsets for an unknown one."""
        return sorted({self.get(name).name for name in names}, key=self.names.index)

    def training(self) -> tuple[str, ...]:
        """The subsets that models are trained on or chosen by."""
        return tuple(subset.name for subset in self.subsets if subset.trains)

    def evaluating(self) -> tuple[str, ...]:
        """The subsets that models are only scored on."""
        return tuple(subset.name for subset in self.subsets if not subset.trains)

    def require_training(self, name: str, key: str) -> None:
        """Raise PslError unless models are trained on the subset that the parameter `key` names."""
        _require(name, key, self.training(), "training")

    def require_evaluating(self, name: str, key: str) -> None:
        """Raise PslError unless models are only scored on the subset that the parameter `key` names."""
        _require(name, key, self.evaluating(), "evaluation")

    def write(self, folder: Path) -> None:
        """Write corpus.json into `folder`, beside the manifest. Same subsets, same bytes."""
        write_json(folder / CORPUS_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Subsets":
        """The subsets that `write` wrote into `folder`. Raises PslError when the file is missing or broken."""
        path = folder / CORPUS_FILE
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            subsets = [Subset(entry["name"], entry["trains"], tuple(entry["includes"])) for entry in value["subsets"]]
            return cls(tuple(subsets), recordings=value["recordings"])
        except FileNotFoundError:
            raise PslError(f"there are no subsets at {path}: run the stage metadata first") from None
        except (ValueError, KeyError, TypeError) as error:
            raise PslError(f"the subsets in {path} cannot be read ({error!r}): run the stage metadata again") from None


def _require(name: str, key: str, fitting: Sequence[str], role: str) -> None:
    if name not in fitting:
        choice = f"choose one of {', '.join(fitting)}" if fitting else "the corpus has none"
        raise PslError(f"{key} is {name}, which is no {role} subset of its corpus: {choice}")
