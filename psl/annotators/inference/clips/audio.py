"""Clips as audio, read through the manifest at the sample rate of an annotator."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from psl.annotators.inference.annotator import AudioInput
from psl.annotators.inference.clips import Content, TimeAxis
from psl.audio.decode import read_clip
from psl.audio.places.locators import reading_order
from psl.audio.read_info import recheck_hashes
from psl.config import Channel
from psl.io.features.store import FeatureStore
from psl.io.metadata.manifest import read_manifest
from psl.runtime.errors import PslError


class ClipAudio(NamedTuple):
    """Where the audio of a clip is."""

    clip_id: str
    path: str  # a file or a locator
    start_s: float
    end_s: float | None  # None: to the end of the file
    audio_hash: str


class AudioClips:
    """The audio of the clips of a feature store; a psl.annotators.inference.clips.Clips.

    `metadata` is the folder of the corpus's manifest. The clips, their order and their durations are those of the
    store, so that a student finds the labels of each clip that it has features of; so is the channel that is heard.
    """

    def __init__(self, store: FeatureStore, metadata: Path, sample_rate_hz: int) -> None:
        self.input = AudioInput(sample_rate_hz)
        self.axis = TimeAxis(sample_rate_hz, 1)
        self.clip_ids = store.clip_ids
        self.duration_ms_N: npt.NDArray[np.int64] = store.duration_ms_N
        self._audio, self._channel = _places(metadata, store.clip_ids), store.channel

    def hashes(self) -> list[str]:
        """Of the encoded audio, and of where in it the clip is."""
        heard = "" if self._channel == "mean" else f" {self._channel}"
        return [f"{clip.audio_hash} {clip.start_s} {clip.end_s}{heard}" for clip in self._audio]

    def reader(self, numbers: Sequence[int]) -> "AudioReader":
        """Raises PslError for audio that changed since the stage metadata."""
        clips = tuple(self._audio[number] for number in numbers)
        _refuse_changed(clips)
        return AudioReader(clips, self.axis.sample_rate_hz, self._channel)

    def clips(self) -> Iterator[tuple[int, Content]]:
        """Each clip's number and x_T."""
        return enumerate(AudioReader(tuple(self._audio), self.axis.sample_rate_hz, self._channel)())


@dataclass(frozen=True)
class AudioReader:
    """Decodes some clips; a psl.annotators.inference.clips.Reader."""

    clips: tuple[ClipAudio, ...]
    sample_rate_hz: int
    channel: Channel

    def __call__(self) -> Iterator[Content]:
        """x_T of each clip: mono, float32. Raises PslError for one that cannot be read."""
        for clip in self.clips:
            try:
                yield read_clip(clip.path, clip.start_s, clip.end_s, self.sample_rate_hz, channel=self.channel)
            except PslError as error:
                raise PslError(
                    f"the clip {clip.clip_id} has features, but its audio cannot be read any more ({error}): "
                    "run `dvc repro -f` on the stages metadata and features, which leave such clips out"
                ) from error


def _places(metadata: Path, clip_ids: list[str]) -> list[ClipAudio]:
    """Where the audio of each of `clip_ids` is. Raises PslError for one that the manifest lacks."""
    manifest = read_manifest(metadata)
    row_N = pc.index_in(pa.array(clip_ids, pa.string()), manifest["clip_id"].combine_chunks())
    if row_N.null_count:
        unknown = next(clip for clip, row in zip(clip_ids, row_N.to_pylist(), strict=True) if row is None)
        raise PslError(
            f"{row_N.null_count} clips with features are not in the manifest of {metadata}, such as {unknown}: "
            "run the features stage again"
        )
    rows = manifest.take(row_N)
    columns = (rows[name].to_pylist() for name in ("clip_id", "path", "start_s", "end_s", "audio_hash"))
    return [
        ClipAudio(clip_id, os.path.join(metadata, path), start_s, end_s, audio_hash)
        for clip_id, path, start_s, end_s, audio_hash in zip(*columns, strict=True)
    ]


def _refuse_changed(clips: Sequence[ClipAudio]) -> None:
    """Raise PslError for audio whose hash is not the manifest's: its labels would be stored under the old one."""
    hash_of = {clip.path: clip.audio_hash for clip in clips}
    paths = sorted(hash_of, key=reading_order)
    info = recheck_hashes(paths)
    changed = [
        path
        for path, is_read, audio_hash in zip(paths, info.is_read_P, info.hash_P, strict=True)
        if is_read and audio_hash.decode() != hash_of[path]
    ]
    if changed:
        raise PslError(
            f"the audio file {changed[0]} changed since the stage metadata read it ({len(changed)} such files): "
            "run that stage again (`dvc repro -f metadata@CORPUS`)"
        )
