"""What params.yaml says of a person's corpus: where it lies, and nothing of windows that none of its clips fills."""

import os
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from psl.errors import PslError
from psl.own_data.check import RATE_HZ, OwnClip
from psl.params import AudioSet, Window
from psl.params_file import read_params
from psl.presets import round_trip_yaml, text_of
from psl.windows import to_units

KEY = "audioset"  # of the corpus, in whose layout it is written
LISTS, AUDIO = "lists", "audio"
AUD300H_HOURS = 300.0
SEVERAL = 2  # models of an ensemble, at least


def corpus_params(target: Path, seed: int, base: Path) -> dict[str, Any]:
    """The corpus as it stands in the params.yaml of the folder `base`, under corpora.audioset."""
    whole = Path(os.path.abspath(target))
    place = whole.relative_to(base.absolute()).as_posix() if whole.is_relative_to(base.absolute()) else whole.as_posix()
    return {"kind": "audioset", "lists": f"{place}/{LISTS}", "audio": f"{place}/{AUDIO}", "aud300h_hours": AUD300H_HOURS, "seed": seed}


def reads_already(path: Path, target: Path, seed: int) -> bool:
    """Whether params.yaml at `path` names this corpus: DVC does not see then that its lists have changed."""
    return read_params(path).corpora.get(KEY) == AudioSet(**corpus_params(target, seed, path.parent))


def unfilled(training: Sequence[OwnClip], windows: Mapping[str, Window]) -> list[str]:
    """The windows that are longer than every training clip, at which annotation would stop."""
    longest_ms = max(to_units(clip.seconds, RATE_HZ) for clip in training) * 1000 // RATE_HZ
    return [key for key, window in windows.items() if to_units(window.seconds, 1000) > longest_ms]


def changed_params(path: Path, target: Path, seed: int, too_long: Collection[str]) -> tuple[str, list[str]]:
    """params.yaml at `path` so that it reads the corpus, students learn from all of its training clips, and no window is `too_long`.

    Comments and order stay. Also what was taken out. Raises PslError when nothing would be left of what there must be.
    """
    read_params(path)
    params = round_trip_yaml().load(path.read_text())
    params["corpora"][KEY] = corpus_params(target, seed, path.parent)
    params["annotate"]["subset"] = "full"
    params["train_annotator"]["subset"] = "full"
    taken = _take_out(params, too_long, path) if too_long else []
    return text_of(params), taken


def _take_out(params: Any, windows: Collection[str], path: Path) -> list[str]:
    """Remove windows and all that names them; what was removed or changed, as keys."""
    for section in ("windows", "students", "models", "detectors"):
        for key in windows:
            _remove(params, section, key)
    if not params["windows"]:
        raise PslError(f"no window of {path} is as short as the recordings: give windows one of fewer seconds, then run again")
    sizes = [key for key, size in params["sizes"].items() if size["labels"] in windows]
    transfers = [key for key, transfer in params["transfers"].items() if transfer["model"] in windows]
    if len(transfers) == len(params["transfers"]):
        raise PslError(f"all transfers of {path} are of windows longer than the recordings: add one of the annotator, then run again")
    for section, keys in (("sizes", sizes), ("detectors", sizes), ("transfers", transfers)):
        for key in keys:
            _remove(params, section, key)
    gone = {*windows, *sizes}
    return [
        *(f"windows.{key}" for key in windows),
        *(f"sizes.{key}" for key in sizes),
        *(f"transfers.{key}" for key in transfers),
        *_out_of_ensembles(params, gone),
        *_shown_instead(params, gone),
    ]


def _out_of_ensembles(params: Any, gone: Collection[str]) -> list[str]:
    """Ensembles without what is gone; of a single model there is none."""
    taken = []
    for key, ensemble in list(params["ensembles"].items()):
        lost = [model for model in ensemble["models"] if model in gone]
        if lost and len(ensemble["models"]) - len(lost) < SEVERAL:
            _remove(params, "ensembles", key)
            taken.append(f"ensembles.{key}")
        elif lost:
            for model in lost:
                ensemble["models"].remove(model)
            taken.append(f"{', '.join(lost)} of ensembles.{key}")
    return taken


def _shown_instead(params: Any, gone: Collection[str]) -> list[str]:
    shown = params["detect"]["shown"]
    if shown not in gone:
        return []
    params["detect"]["shown"] = instead = next(iter(params["windows"]))
    return [f"{shown} of detect.shown (now {instead})"]


def _remove(params: Any, section: str, key: str) -> None:
    """Remove an entry. Comments below it stay; those above and beside it go with it."""
    entries = params[section]
    if key not in entries:
        return
    following = list(entries)[list(entries).index(key) + 1 :][:1]
    below = _comment_below(entries, key)
    OrderedDict.__delitem__(entries, key)  # ruamel's own fails where other sections merge this one
    entries.ca.items.pop(key, None)
    if not entries:  # `{}` stands before the comment of the section's line, which the section keeps
        entries.ca.comment = None
        entries.fa.set_flow_style()
    if below.strip():
        after = list(params)[list(params).index(section) + 1 :][:1] or [section]
        place, name = (entries, following[0]) if following else (params, after[0])
        lines = [line.strip().removeprefix("#").removeprefix(" ") for line in below.splitlines()]
        place.yaml_set_comment_before_after_key(name, before="\n".join(lines), indent=2 if following else 0)


def _comment_below(entries: Any, key: str) -> str:
    """The comment lines behind an entry that ruamel keeps with its last line's own comment."""
    value = entries[key]
    if isinstance(value, Mapping) and value and not value.fa.flow_style():  # type: ignore[attr-defined]
        return _comment_below(value, list(value)[-1])
    if isinstance(value, list) and value and not value.fa.flow_style():  # type: ignore[attr-defined]
        comment = (value.ca.items.get(len(value) - 1) or [None])[0]  # type: ignore[attr-defined]
        return comment.value.partition("\n")[2] if comment else ""
    comment = (entries.ca.items.get(key) or [None] * 3)[2]
    return comment.value.partition("\n")[2] if comment else ""
