"""params.yaml for a person's corpus: without synthetic corpora, and without windows that no recording fills."""

import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from psl.config import FromBank, Params, Student
from psl.config.file import read_params
from psl.config.presets import round_trip_yaml, text_of
from psl.config.yaml_edit import remove_entry
from psl.config.yaml_read import load_yaml
from psl.corpora.custom.check import SAMPLE_RATE_HZ
from psl.corpora.custom.clip_times import CustomClip
from psl.io.windows import to_units
from psl.labels.label_sets import is_plain
from psl.runtime.errors import PslError

LISTS, AUDIO = "lists", "audio"
SMALLEST_ENSEMBLE = 2  # models
SEEDS = 3  # networks of each student: enough for a first look at how much is luck


def corpus_name(name: str) -> str:
    """A folder's name as a key of params.yaml.

    >>> corpus_name("my birds (2024)"), corpus_name("_x")
    ('my-birds-2024', 'x')
    """
    key = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_")
    if not key:
        raise PslError(
            f"no key of params.yaml can be made of the name {name}: give one of letters and digits with --name"
        )
    return key


def corpus_params(target: Path, base: Path) -> dict[str, Any]:
    """The entry of `corpora` in a params.yaml of the folder `base`; paths are relative where `target` lies in it."""
    folder, base = Path(os.path.abspath(target)), base.absolute()
    if folder.is_relative_to(base):
        folder = folder.relative_to(base)
    return {"kind": "custom", "source": (folder / LISTS).as_posix(), "audio": (folder / AUDIO).as_posix()}


def yaml_line(value: Mapping[str, Any]) -> str:
    """The entry of a mapping as one line of YAML, quoted where it has to be.

    >>> print(yaml_line({"mine": {"kind": "custom", "source": "it's: mine"}}))
    mine: {kind: custom, source: "it's: mine"}
    """
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style, yaml.width = True, sys.maxsize
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(value, text)
    return text.getvalue().strip()[1:-1]


def unfilled(training: Sequence[CustomClip], students: Mapping[str, Student]) -> list[str]:
    """The students whose windows are longer than every training clip, at which annotation would stop."""
    longest_ms = max(to_units(clip.seconds, SAMPLE_RATE_HZ) for clip in training) * 1000 // SAMPLE_RATE_HZ
    windows = {key: student.window_seconds for key, student in students.items() if student.window_seconds is not None}
    return [key for key, seconds in windows.items() if to_units(seconds, 1000) > longest_ms]


def changed_params(path: Path, name: str, target: Path, training: Sequence[CustomClip]) -> tuple[str, list[str]]:
    """The text of params.yaml in which all models learn from the corpus `name` in `target`, and the removed keys.

    Removed are synthetic corpora, students whose windows no clip of `training` fills, students that compare networks,
    what names any of them, seeds beyond SEEDS, and exports, whose licences are not those of these recordings. Comments
    and order stay.
    Raises PslError when no student of windows would be left.
    """
    before = read_params(path)
    params = load_yaml(path, round_trip_yaml())
    params["corpora"][name] = corpus_params(target, path.parent)
    replaced = before.corpora.get(name)
    if not isinstance(replaced, FromBank | None) and replaced.model_dump() != params["corpora"][name]:
        raise PslError(f"corpora.{name} of {path} is another corpus: give this one another name with --name")
    params["corpus"] = params["detect"]["corpus"] = name
    params["detect"]["subset"] = "eval"
    params["annotate"]["subset"] = params["train_annotator"]["subset"] = "train"
    removed = _remove_corpora(params, before, name)
    students = unfilled(training, before.students)
    students += [key for key, student in before.students.items() if not is_plain(student) and key not in students]
    windows = [key for key, student in before.students.items() if key not in students and student.window_seconds]
    if not windows:
        raise PslError(f"every window of {path} is longer than the recordings: add a student of fewer window_seconds")
    removed += _remove_students(params, before, students) + _remove(params, "exports", list(before.exports))
    removed += _remove_seeds(params["train_student"]["seeds"])
    if params["detect"]["plotted_detector"] in students:
        params["detect"]["plotted_detector"] = windows[0]
        removed.append(f"detect.plotted_detector (now {windows[0]})")
    return text_of(params), removed


def _remove_corpora(params: Any, before: Params, name: str) -> list[str]:
    """Remove synthetic corpora, and the transfers to them; returns the keys, also that of one whose name is taken."""
    synthetic = [key for key, corpus in before.corpora.items() if isinstance(corpus, FromBank)]
    transfers = [key for key, transfer in before.transfers.items() if transfer.corpus in synthetic]
    others = [key for key in synthetic if key != name]  # the corpus itself may have taken the place of one
    replaced = [f"corpora.{name} (the synthetic one of that name)"] if name in synthetic else []
    return replaced + _remove(params, "corpora", others) + _remove(params, "transfers", transfers)


def _remove_students(params: Any, before: Params, students: Sequence[str]) -> list[str]:
    """Remove students, the transfers of them, and their place in ensembles; returns the keys."""
    transfers = [
        key for key, transfer in before.transfers.items() if transfer.model in students and key in params["transfers"]
    ]
    removed = _remove(params, "students", students) + _remove(params, "transfers", transfers)
    for key, ensemble in before.ensembles.items():
        members = [model for model in ensemble.models if model in students]
        if members and len(ensemble.models) - len(members) < SMALLEST_ENSEMBLE:
            removed += _remove(params, "ensembles", [key])
        elif members:
            for model in members:
                params["ensembles"][key]["models"].remove(model)
            removed.append(f"{', '.join(members)} of ensembles.{key}")
    return removed


def _remove_seeds(seeds: list[int]) -> list[str]:
    removed = [str(seeds.pop()) for _ in seeds[SEEDS:]][::-1]
    return [f"{', '.join(removed)} of train_student.seeds"] if removed else []


def _remove(params: Any, section: str, keys: Sequence[str]) -> list[str]:
    for key in keys:
        remove_entry(params, section, key)
    return [f"{section}.{key}" for key in keys]
