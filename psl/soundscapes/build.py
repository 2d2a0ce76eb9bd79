"""The whole corpus: scenes made over processes and streamed to disk, then the official lists over them."""

from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from psl.audio import write_clip
from psl.corpora.audioset_lists import BALANCED, EVAL, STRONG_EVAL, STRONG_TRAIN, UNBALANCED
from psl.params import Soundscapes
from psl.progress import track
from psl.soundscapes.deal import source_groups
from psl.soundscapes.layout import MadeClip, audio_name, clip_name, write_class_list, write_segments, write_sources, write_strong
from psl.soundscapes.scene import Setting, make_scene, weak_labels
from psl.soundscapes.studio import DEALING, by_class, in_processes, listener, open_bank, sides

LISTS = (BALANCED, UNBALANCED, EVAL)
Task = tuple[Soundscapes, Path, int, int]  # parameters, audio folder, number of the list, number of the clip in it


def build_soundscapes(params: Soundscapes, folder: Path, workers: int) -> None:
    """Write `folder`/audio and `folder`/lists with `workers` processes. Same parameters, same bytes, whatever `workers` is.

    Clip i of a list is the same however many there are. Raises PslError for a bank that cannot serve.
    """
    _Studio(params)  # tells of a bank that cannot serve before any process starts
    audio, lists = folder / "audio", folder / "lists"
    audio.mkdir()
    lists.mkdir()
    counts = (params.clips.balanced, params.clips.full - params.clips.balanced, params.clips.eval)
    tasks = [(params, audio, number, clip) for number, count in enumerate(counts) for clip in range(count)]
    made = iter(track(in_processes(_make, tasks, workers), "scenes", len(tasks)))
    write_lists(params, lists, [[next(made) for _ in range(count)] for count in counts])


def write_lists(params: Soundscapes, lists: Path, made: list[list[MadeClip]]) -> None:
    """The official lists over the clips of each list, and sources.csv."""
    for name, clips in zip(LISTS, made, strict=True):
        write_segments(lists / name, clips)
    write_strong(lists / STRONG_TRAIN, made[0] + made[1])
    write_strong(lists / STRONG_EVAL, made[2])
    write_sources(lists, list(chain(*made)))
    write_class_list(lists, open_bank(params, params.seed).vocabulary)


class _Studio:
    """A process's bank, dealt into groups."""

    def __init__(self, params: Soundscapes) -> None:
        bank = open_bank(params, params.seed)
        training, evaluation = sides(params, params.seed, bank)
        groups = source_groups(training, params.source_groups, np.random.default_rng([params.seed, DEALING, 1]))
        self.params = params
        self.groups, self.evaluation = [by_class(group) for group in groups], by_class(evaluation)
        self.listen = listener(bank, params.sample_rate_hz)
        self.setting = Setting(params.clip_seconds, params.sample_rate_hz, params.events, params.event_seconds, params.snr_db)

    def make(self, audio: Path, number: int, clip: int) -> MadeClip:
        """Write the audio of clip `clip` of list `number`, and tell what it is."""
        params = self.params
        rng = np.random.default_rng([params.seed, number, clip])
        trains = LISTS[number] != EVAL
        group = int(rng.integers(len(self.groups))) if trains else None
        x_T, events = make_scene(self.setting, self.evaluation if group is None else self.groups[group], self.listen, rng)
        ytid = clip_name(params.seed, number, clip)
        write_clip(audio / audio_name(ytid, params.clip_seconds), x_T, params.sample_rate_hz)
        return MadeClip(
            ytid=ytid,
            duration_s=params.clip_seconds,
            source="evaluation" if group is None else f"group{group}",
            labels=tuple(weak_labels(events, params.drop_share if trains else 0.0, rng)),
            truth=tuple((event.onset / params.sample_rate_hz, event.offset / params.sample_rate_hz, event.mid) for event in events),
        )


_studio = cache(_Studio)  # one for each process


def _make(task: Task) -> MadeClip:
    params, audio, number, clip = task
    return _studio(params).make(audio, number, clip)
