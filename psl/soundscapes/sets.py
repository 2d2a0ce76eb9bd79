"""FSD50K, FSDKaggle2018 and FSDKaggle2019 in their official layouts, made from a bank: clips over processes, then the lists."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from psl.audio import write_clip
from psl.params import Made, MadeFSDKaggle2018
from psl.progress import track
from psl.soundscapes.deal import share_out, source_groups
from psl.soundscapes.scene import Setting, make_scene
from psl.soundscapes.set_layouts import PARTS_AT_MOST, Layout, layout_of
from psl.soundscapes.set_lists import PUBLIC_EVERY, SetClip, write_truth
from psl.soundscapes.studio import by_class, in_processes, listener, open_bank, sides
from psl.soundscapes.tones import log_uniform
from psl.windows import to_units

TRUTH = "truth.csv"
Task = tuple[Made, Path, int, int]  # parameters, folder of the set, number of the part, number of the clip in it


def build_set(params: Made, folder: Path, workers: int) -> Layout:
    """Write audio folders, lists and truth.csv into `folder` with `workers` processes. Same parameters, same bytes, whatever they are.

    Clip i of a part is the same however many there are. Recordings that one part hears no other part hears, and test parts hear
    those on which soundscapes of the same bank evaluate. Raises PslError for a bank that cannot serve.
    """
    _SetStudio(params)  # tells of a bank that cannot serve before any process starts
    layout = layout_of(params)
    for name in {layout.lists, *(part.folder for part in layout.parts)}:
        (folder / name).mkdir()
    tasks = [(params, folder, part, clip) for part, one in enumerate(layout.parts) for clip in range(one.clips)]
    made = iter(track(in_processes(_make, tasks, workers), "clips", len(tasks)))
    parts = [[next(made) for _ in range(part.clips)] for part in layout.parts]
    layout.write_lists(folder / layout.lists, parts, open_bank(params.sounds, params.seed).vocabulary)
    write_truth(folder / TRUTH, parts)
    return layout


class _SetStudio:
    """A process's bank, dealt into the set's parts, and each part's recordings into groups."""

    def __init__(self, params: Made) -> None:
        self.params, self.layout = params, layout_of(params)
        bank = open_bank(params.sounds, params.seed)
        training, evaluation = sides(params.sounds, params.seed, bank)
        rng = np.random.default_rng([params.seed, self.layout.id_of(PARTS_AT_MOST - 1, 0)])
        shares = [part.training_shares for part in self.layout.parts if part.training_shares]
        dealt = [*share_out(bank.vocabulary, training, shares, rng), evaluation]  # the part that evaluates is the last
        self.groups = [[by_class(group) for group in source_groups(part, params.sounds.source_groups, rng)] for part in dealt]
        self.mids = bank.vocabulary.mids
        self.listen = listener(bank, params.sounds.sample_rate_hz)

    def make(self, folder: Path, number: int, clip: int) -> SetClip:
        """Write the audio of clip `clip` of part `number`, and tell what it is."""
        part, rate_hz = self.layout.parts[number], self.params.sounds.sample_rate_hz
        rng = np.random.default_rng([self.params.seed, self.layout.id_of(number, clip)])
        group = int(rng.integers(len(self.groups[number])))
        setting = self._setting(rng)
        samples = to_units(setting.clip_seconds, rate_hz)
        x_T, events = make_scene(setting, self.groups[number][group], lambda one: self.listen(one).looped(samples), rng)
        name, is_verified = self.layout.clip_name(number, clip), bool(rng.uniform() >= part.unverified_share)
        write_clip(folder / part.folder / f"{name}.wav", x_T, rate_hz)
        mids = tuple(event.mid for event in events)
        return SetClip(
            name=name,
            mids=mids if is_verified else mislabelled(mids, self.mids, part.wrong_share, rng),
            source=self.layout.id_of(number, group),
            is_verified=is_verified,
            is_public=clip % PUBLIC_EVERY == 0,
            truth=tuple((event.onset / rate_hz, event.offset / rate_hz, event.mid, event.recording) for event in events),
        )

    def _setting(self, rng: np.random.Generator) -> Setting:
        """The next clip's length and the number of its sounds."""
        sounds = self.params.sounds
        further = 0.0 if isinstance(self.params, MadeFSDKaggle2018) else self.params.further_sound_share
        seconds, count = log_uniform(rng, *sounds.seconds), int(rng.geometric(1 - further))
        shortest, longest = (share * seconds for share in sounds.event_share)
        return Setting(seconds, sounds.sample_rate_hz, (count, count), (shortest, longest), sounds.snr_db)


def mislabelled(mids: Sequence[str], all_mids: Sequence[str], wrong_share: float, rng: np.random.Generator) -> tuple[str, ...]:
    """The labels, each with probability `wrong_share` another class that is not in the clip, and none of them twice."""
    told: list[str] = []
    for mid in mids:
        others = [other for other in all_mids if other not in mids and other not in told]
        is_wrong = rng.uniform() < wrong_share and bool(others)
        told.append(others[int(rng.integers(len(others)))] if is_wrong else mid)
    return tuple(told)


_studio = cache(_SetStudio)  # one for each process


def _make(task: Task) -> SetClip:
    params, folder, number, clip = task
    return _studio(params).make(folder, number, clip)
