"""What the annotator says of each clip: the scores of its windows in the person's classes, several clips at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
import numpy.typing as npt

from psl.annotators.class_map import ClassMap
from psl.audit.given import LabelledClip
from psl.io.windows import to_units
from psl.runtime.progress import track
from psl.runtime.runners import Runner
from psl.runtime.runners.in_process import Serial, Threads
from psl.tagging.inputs import Recording
from psl.tagging.run import Job, share_out, stopped_by_interrupt, until
from psl.tagging.scores import Notes
from psl.tagging.tagger import Tagger

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClipScores:
    """The W windows of a clip, in milliseconds of its recording: C classes of the person, K of the annotator."""

    start_ms_W: npt.NDArray[np.int64]
    end_ms_W: npt.NDArray[np.int64]
    p_WC: Scores  # 0 for classes that the annotator does not have
    highest_K: Scores  # over the windows


def score_clips(
    folder: Path, clips: Sequence[LabelledClip], tagger: Tagger, class_map: ClassMap, *, workers: int
) -> tuple[dict[int, ClipScores], dict[int, str]]:
    """The scores of the clips by their numbers, and why others could not be read."""
    todo = [
        (number, Recording(str(folder / clip.file), clip.name, clip.start_s, clip.end_s))
        for number, clip in enumerate(clips)
    ]
    notes, jobs, scores = Notes(), share_out(todo, workers), dict[int, ClipScores]()
    runner: Runner = Threads(workers) if workers > 1 and len(jobs) > 1 else Serial()
    with stopped_by_interrupt() as stopped:
        work = partial(_score, clips=clips, tagger=tagger, class_map=class_map, notes=notes, stopped=stopped)
        for _, some in track(runner(work, jobs), "listen to clips", len(todo), lambda done: len(done[0])):
            scores |= some or {}
    return scores, notes.failed


def _score(
    job: Job,
    *,
    clips: Sequence[LabelledClip],
    tagger: Tagger,
    class_map: ClassMap,
    notes: Notes,
    stopped: Event,
) -> dict[int, ClipScores]:
    scores = {}
    for number, windows in tagger.score(job, notes):
        rows = list(until(stopped, windows))
        if number not in notes.failed:  # after some windows
            p_WK, first_ms = np.stack([row.p_C for row in rows]), to_units(clips[number].start_s, 1000)
            start_ms_W, end_ms_W = (
                first_ms + np.array(times) for times in zip(*((row.start_ms, row.end_ms) for row in rows), strict=True)
            )
            scores[number] = ClipScores(start_ms_W, end_ms_W, class_map(p_WK), p_WK.max(axis=0))
    return scores
