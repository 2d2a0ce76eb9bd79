"""Cut a recording of any length into the windows that the stages cut, while it is decoded."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from psl.annotators.inference.clips import Content, TimeAxis
from psl.annotators.inference.scorer import Windowing
from psl.config import FrontEndParams
from psl.features.log_mel import front_end
from psl.io.windows import fit_frames
from psl.tagging.audio import SampleStream
from psl.tagging.blocks import map_blocks, rechunk

BLOCK_SECONDS = 30  # of which features are computed at a time
HEAD_STEPS = 2  # rounded times may reach a step beyond the end, where a clip begins anew


class Window(NamedTuple):
    """A window of a recording; it ends with the recording where that is shorter."""

    start_ms: int
    end_ms: int
    content: Content  # mel_TF or x_T


def windows(stream: SampleStream, features: FrontEndParams | None, windowing: Windowing) -> Iterator[Window]:
    """The windows of the recording, of log-mel `features` or (None) of samples.

    They are those of psl.annotators.inference.scorer for the whole recording as one clip. Memory holds a minute of
    sound, or a window. Log-mel values are those of the whole but for two things: one may round to the next float16, and
    in a recording of more than a minute `dynamic_range_db` counts from the loudest value of the half minute around it.
    """
    if features is None:
        yield from _cut(stream, stream, TimeAxis(stream.rate_hz, 1), windowing)
    else:
        axis = TimeAxis(features.sample_rate_hz, features.hop_length_samples)
        yield from _cut(_log_mel(stream, features), stream, axis, windowing)


def _log_mel(stream: SampleStream, params: FrontEndParams) -> Iterator[Content]:
    """mel_TF of the recording in blocks."""
    hop = params.hop_length_samples
    context = -(-params.n_fft // hop) * hop
    size = max(BLOCK_SECONDS * params.sample_rate_hz // hop * hop, context)
    return map_blocks(rechunk(stream, size), front_end(params).log_mel, context, hop)


def _cut(contents: Iterable[Content], stream: SampleStream, axis: TimeAxis, windowing: Windowing) -> Iterator[Window]:
    """Each window as soon as its steps are there; those at the end when the duration is known."""
    held, offset, head, n_given = np.empty(0), 0, np.empty(0), 0
    for content in contents:
        if not len(held):
            held, head = content, content[:HEAD_STEPS].copy()
        else:
            held = np.concatenate([held, content])
        while _is_there(axis, windowing, n_given, steps=offset + len(held), samples=stream.samples):
            yield _window(held, offset, axis, n_given * windowing.hop_ms, length_ms=windowing.length_ms)
            n_given += 1
        gone = axis.steps(max(n_given - 1, 0) * windowing.hop_ms) - offset
        held, offset = held[gone:], offset + gone
    if offset:
        held = np.concatenate([held, head])
    duration_ms = max(stream.samples * 1000 // axis.sample_rate_hz, 1)
    for start_ms in windowing.starts(duration_ms)[n_given:].tolist():
        window = _window(held, offset, axis, start_ms, length_ms=windowing.length_ms)
        yield window._replace(end_ms=min(window.end_ms, duration_ms))


def _is_there(axis: TimeAxis, windowing: Windowing, number: int, *, steps: int, samples: int) -> bool:
    """Whether a window lies within the steps and the samples that were decoded so far, so that no end changes it."""
    start_ms = number * windowing.hop_ms
    end_ms = start_ms + windowing.length_ms
    within = axis.steps(start_ms) + axis.steps(windowing.length_ms) <= steps
    return within and end_ms <= samples * 1000 // axis.sample_rate_hz


def _window(held: Content, offset: int, axis: TimeAxis, start_ms: int, *, length_ms: int) -> Window:
    """The window at `start_ms` of a recording whose steps from `offset` on are `held`."""
    content = fit_frames(held, axis.steps(start_ms) - offset, axis.steps(length_ms))
    return Window(start_ms, start_ms + length_ms, content)
