"""A corpus of soundscapes in AudioSet's layout: scenes are built in processes, then the official lists are written."""

from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from psl.audio.write import write_clip
from psl.config import Soundscapes
from psl.corpora.lists.audioset_lists import BALANCED, EVAL, STRONG_EVAL, STRONG_TRAIN, UNBALANCED
from psl.corpora.synthetic.audioset_layout import (
    ListedClip,
    audio_name,
    synthetic_ytid,
    write_class_list,
    write_segments,
    write_sources,
    write_strong,
)
from psl.corpora.synthetic.recordings import (
    SPLIT_STREAM,
    group_by_class,
    map_in_processes,
    open_bank,
    recording_loader,
    train_eval_recordings,
)
from psl.corpora.synthetic.scene import SceneParams, build_scene, weak_labels
from psl.corpora.synthetic.split import source_groups
from psl.runtime.progress import track

LISTS = (BALANCED, UNBALANCED, EVAL)
Task = tuple[Soundscapes, Path, int, int]  # parameters, audio folder, number of the list, number of the clip in it


def build_soundscapes(params: Soundscapes, folder: Path, workers: int) -> None:
    """Write `folder`/audio and `folder`/lists with `workers` processes. Same parameters, same bytes.

    Clip i of a list does not depend on the number of clips. Raises PslError for a bank that lacks a class or source.
    """
    _SceneBuilder(params)  # checks the bank before any process starts
    audio, lists = folder / "audio", folder / "lists"
    audio.mkdir()
    lists.mkdir()
    counts = (params.clips.balanced, params.clips.full - params.clips.balanced, params.clips.eval)
    tasks = [(params, audio, number, clip) for number, count in enumerate(counts) for clip in range(count)]
    clips = iter(track(map_in_processes(_build, tasks, workers), "scenes", len(tasks)))
    write_lists(params, lists, [[next(clips) for _ in range(count)] for count in counts])


def write_lists(params: Soundscapes, lists: Path, clips_of: list[list[ListedClip]]) -> None:
    """Write the official lists of the clips of each of LISTS, and sources.csv."""
    for name, clips in zip(LISTS, clips_of, strict=True):
        write_segments(lists / name, clips)
    write_strong(lists / STRONG_TRAIN, clips_of[0] + clips_of[1])
    write_strong(lists / STRONG_EVAL, clips_of[2])
    write_sources(lists, list(chain(*clips_of)))
    write_class_list(lists, open_bank(params, params.seed).vocabulary)


class _SceneBuilder:
    """A process's bank, split into source groups, and the parameters of its scenes."""

    def __init__(self, params: Soundscapes) -> None:
        bank = open_bank(params, params.seed)
        training, evaluation = train_eval_recordings(params, params.seed, bank)
        groups = source_groups(training, params.source_groups, np.random.default_rng([params.seed, SPLIT_STREAM, 1]))
        self.params = params
        self.groups, self.evaluation = [group_by_class(group) for group in groups], group_by_class(evaluation)
        self.load = recording_loader(bank, params.sample_rate_hz)
        self.scene = SceneParams(
            params.clip_seconds, params.sample_rate_hz, params.events, params.event_seconds, snr_db=params.snr_db
        )

    def build(self, audio: Path, number: int, clip: int) -> ListedClip:
        """Write the audio of clip `clip` of list `number`, and return its row of the lists."""
        params = self.params
        rng = np.random.default_rng([params.seed, number, clip])
        trains = LISTS[number] != EVAL
        group = int(rng.integers(len(self.groups))) if trains else None
        recordings = self.evaluation if group is None else self.groups[group]
        x_T, events = build_scene(self.scene, recordings, self.load, rng)
        ytid = synthetic_ytid(params.seed, number, clip)
        write_clip(audio / audio_name(ytid, params.clip_seconds), x_T, params.sample_rate_hz)
        return ListedClip(
            ytid=ytid,
            duration_s=params.clip_seconds,
            source="evaluation" if group is None else f"group{group}",
            labels=tuple(weak_labels(events, params.missing_label_rate if trains else 0.0, rng)),
            truth=tuple(
                (event.onset / params.sample_rate_hz, event.offset / params.sample_rate_hz, event.mid)
                for event in events
            ),
        )


_builder = cache(_SceneBuilder)  # one for each process


def _build(task: Task) -> ListedClip:
    params, audio, number, clip = task
    return _builder(params).build(audio, number, clip)
