"""Synthetic FSD50K, FSDKaggle2018 and FSDKaggle2019 in their official layouts: clips in processes, then the lists."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from psl.audio.write import write_clip
from psl.config import SyntheticFSDKaggle2018, SyntheticSet
from psl.corpora.synthetic.freesound_layouts import MAX_PARTS, Layout, layout_of
from psl.corpora.synthetic.freesound_lists import PUBLIC_EVERY, FreesoundClip, write_truth
from psl.corpora.synthetic.procedural.tones import log_uniform
from psl.corpora.synthetic.recordings import (
    group_by_class,
    map_in_processes,
    open_bank,
    recording_loader,
    train_eval_recordings,
)
from psl.corpora.synthetic.scene import SceneParams, build_scene
from psl.corpora.synthetic.split import source_groups, split_by_shares
from psl.io.windows import to_units
from psl.runtime.progress import track

TRUTH = "truth.csv"
Task = tuple[
    SyntheticSet, Path, int, int
]  # parameters, folder of the set, number of the part, number of the clip in it


def build_set(params: SyntheticSet, folder: Path, workers: int) -> Layout:
    """Write audio folders, lists and truth.csv into `folder` with `workers` processes. Same parameters, same bytes.

    Clip i of a part does not depend on the number of clips. No two parts share a recording, and test parts use those on
    which soundscapes of the same bank evaluate. Raises PslError for a bank that lacks a class or source.
    """
    _SceneBuilder(params)  # checks the bank before any process starts
    layout = layout_of(params)
    for name in {layout.lists, *(part.folder for part in layout.parts)}:
        (folder / name).mkdir()
    tasks = [(params, folder, number, clip) for number, part in enumerate(layout.parts) for clip in range(part.clips)]
    clips = iter(track(map_in_processes(_build, tasks, workers), "clips", len(tasks)))
    parts = [[next(clips) for _ in range(part.clips)] for part in layout.parts]
    layout.write_lists(folder / layout.lists, parts, open_bank(params, params.seed).vocabulary)
    write_truth(folder / TRUTH, parts)
    return layout


class _SceneBuilder:
    """A process's bank, split into the set's parts and each part into source groups."""

    def __init__(self, params: SyntheticSet) -> None:
        self.params, self.layout = params, layout_of(params)
        bank = open_bank(params, params.seed)
        training, evaluation = train_eval_recordings(params, params.seed, bank)
        rng = np.random.default_rng([params.seed, self.layout.id_of(MAX_PARTS - 1, 0)])
        shares = [part.training_shares for part in self.layout.parts if part.training_shares]
        parts = [*split_by_shares(bank.vocabulary, training, shares, rng), evaluation]  # the last part evaluates
        self.groups = [
            [group_by_class(group) for group in source_groups(part, params.source_groups, rng)] for part in parts
        ]
        self.mids = bank.vocabulary.mids
        self.load = recording_loader(bank, params.sample_rate_hz)

    def build(self, folder: Path, number: int, clip: int) -> FreesoundClip:
        """Write the audio of clip `clip` of part `number`, and return its row of the lists."""
        part, rate_hz = self.layout.parts[number], self.params.sample_rate_hz
        rng = np.random.default_rng([self.params.seed, self.layout.id_of(number, clip)])
        group = int(rng.integers(len(self.groups[number])))
        scene = self._draw_scene(rng)
        samples = to_units(scene.clip_seconds, rate_hz)
        x_T, events = build_scene(scene, self.groups[number][group], lambda r: self.load(r).looped(samples), rng)
        name, is_verified = self.layout.clip_name(number, clip), bool(rng.uniform() >= part.unverified_share)
        write_clip(folder / part.folder / f"{name}.wav", x_T, rate_hz)
        mids = tuple(event.mid for event in events)
        return FreesoundClip(
            name=name,
            mids=mids if is_verified else corrupt_labels(mids, self.mids, part.wrong_share, rng),
            source=self.layout.id_of(number, group),
            is_verified=is_verified,
            is_public=clip % PUBLIC_EVERY == 0,
            truth=tuple(
                (event.onset / rate_hz, event.offset / rate_hz, event.mid, event.recording) for event in events
            ),
        )

    def _draw_scene(self, rng: np.random.Generator) -> SceneParams:
        """The parameters of the next clip, with its length and its number of events."""
        sounds = self.params
        further = 0.0 if isinstance(self.params, SyntheticFSDKaggle2018) else self.params.further_sound_share
        seconds, count = log_uniform(rng, *sounds.clip_seconds), int(rng.geometric(1 - further))
        shortest, longest = (share * seconds for share in sounds.event_share)
        return SceneParams(seconds, sounds.sample_rate_hz, (count, count), (shortest, longest), snr_db=sounds.snr_db)


def corrupt_labels(
    mids: Sequence[str], all_mids: Sequence[str], wrong_share: float, rng: np.random.Generator
) -> tuple[str, ...]:
    """The labels, each replaced with probability `wrong_share` by a class that is not in the clip; no label twice."""
    labels: list[str] = []
    for mid in mids:
        others = [other for other in all_mids if other not in mids and other not in labels]
        is_wrong = rng.uniform() < wrong_share and bool(others)
        labels.append(others[int(rng.integers(len(others)))] if is_wrong else mid)
    return tuple(labels)


_builder = cache(_SceneBuilder)  # one for each process


def _build(task: Task) -> FreesoundClip:
    params, folder, number, clip = task
    return _builder(params).build(folder, number, clip)
