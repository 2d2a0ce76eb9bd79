"""Windows of a recording that is decoded in blocks are those of the stages, and so are their scores."""

import numpy as np
import pytest
import soundfile
from audio_containers import DECODES, fake_ffmpeg, movie
from hypothesis import example, given
from hypothesis import strategies as st
from tag_cases import RATE_HZ, foreign, record, sound, trained
from toy import FRONT_END

import psl
from psl.annotators.inference.clips import TimeAxis
from psl.annotators.inference.clips.features import FeatureClips
from psl.annotators.inference.scorer import Clip, Windowing, score_all, score_clips
from psl.audio import ffmpeg
from psl.audio.decode import read_clip
from psl.audio.mixing import channel_mean
from psl.features.log_mel import front_end
from psl.io.features.store import FeatureStore
from psl.io.features.writer import write_features
from psl.runtime.errors import PslError
from psl.tagging import scores, windows
from psl.tagging.audio import SampleStream


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("models") / "trained")


def stage_scores(path, folder, tagger):
    """start_ms_W and p_WC as the stages features and annotate make them of the whole recording."""
    x_T = read_clip(path, 0.0, None, RATE_HZ)
    write_features(folder / "all-0.parquet", FRONT_END, [("clip", len(x_T), front_end(FRONT_END).log_mel(x_T))])
    clips = FeatureClips(FeatureStore(folder, ["all"]))
    ((_, p_WC),) = score_all(clips, tagger.windowing, tagger.model.annotator, 64)
    return tagger.windowing.starts(int(clips.duration_ms_N[0])), p_WC


@pytest.mark.parametrize(
    ("seconds", "rate_hz", "channels", "silent_from"),
    [(3.0, RATE_HZ, 1, 9), (0.7, 44_100, 2, 9), (59.99, 22_050, 1, 25), (200.123, 44_100, 2, 999)],
)
def test_scores_are_those_of_the_stage(tmp_path, model, seconds, rate_hz, channels, silent_from):
    path = record(tmp_path / "a.flac", seconds, rate_hz, channels, silent_from=silent_from)
    tagger = psl.load(model, window_seconds=2.0, hop_seconds=0.73)
    tags = tagger.tag(path)
    start_ms_W, p_WC = stage_scores(path, tmp_path, tagger)
    assert (tags.start_s_W * 1000).round().astype(int).tolist() == start_ms_W.tolist()
    assert np.ptp(p_WC) > 0.2 or len(p_WC) == 1  # else it would show nothing
    np.testing.assert_allclose(tags.p_WC, p_WC, atol=1e-6, rtol=0)


def test_a_model_of_samples_gets_the_samples_of_the_whole(tmp_path):
    path = record(tmp_path / "a.wav", 95.0317, 11_025, 2)
    tagger = psl.load(foreign(tmp_path / "onnx"), window_seconds=1.5, hop_seconds=0.4)
    x_T = read_clip(path, 0.0, None, 8000)
    clip, axis = Clip(x_T, len(x_T) // 8), TimeAxis(8000, 1)
    (p_WC,) = score_clips([clip], tagger.windowing, axis, tagger.model.annotator, inference_batch_size=8)
    np.testing.assert_array_equal(tagger.tag(path).p_WC, p_WC)


def test_in_a_long_recording_the_dynamic_range_counts_from_the_half_minute_around(tmp_path):
    stream = SampleStream(str(record(tmp_path / "a.flac", 150.0, silent_from=1.0)), "a", RATE_HZ)
    lowest = [each.content.min() for each in windows.windows(stream, FRONT_END, Windowing(10_000, 10_000, "shift"))]
    assert min(lowest[:3]) > -95 and lowest[3:] == [-100] * 12  # silence beside a sound, and silence alone


def decoded(stream, x_T, block):
    """The samples in blocks, counted as they are given."""
    stream.samples = 0
    for first in range(0, len(x_T), block):
        stream.samples += len(x_T[first : first + block])
        yield x_T[first : first + block]


@example(30, 5, 5, 10)
@given(st.integers(1, 400), st.integers(1, 90), st.integers(1, 90), st.integers(1, 50))
def test_windows_are_those_of_the_whole_however_it_is_cut(duration_ms, length_ms, hop_ms, block):
    x_T = np.arange(max(duration_ms * 11 // 10, 2), dtype=np.float32)  # at 1.1 kHz: no whole number of samples a ms
    windowing, axis = Windowing(length_ms, min(hop_ms, length_ms), "shift"), TimeAxis(1100, 1)
    stream, duration_ms = SampleStream("", "", 1100), len(x_T) * 1000 // 1100
    cut = list(windows._cut(decoded(stream, x_T, block), stream, axis, windowing))
    assert [each.start_ms for each in cut] == windowing.starts(duration_ms).tolist()
    for each in cut:
        assert each.end_ms == min(each.start_ms + length_ms, duration_ms)
        np.testing.assert_array_equal(each.content, axis.window(x_T, each.start_ms, length_ms))


def test_memory_does_not_grow_with_the_recording(tmp_path, model):
    stream = SampleStream(str(record(tmp_path / "a.flac", 400.0)), "a", RATE_HZ)
    held = [each.content.base for each in windows.windows(stream, FRONT_END, Windowing(2000, 2000, "shift"))]
    assert len(held) == 200 and max(base.nbytes for base in held if base is not None) < 4 * 60 * 25 * 32 * 2


def test_what_ffmpeg_decodes_in_blocks_is_what_it_decodes_at_once(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    monkeypatch.setattr(ffmpeg, "BLOCK_SAMPLES", 8000)
    (tmp_path / "a.m4a").write_bytes(movie(sound(3.5)[:, 0]))
    (tmp_path / "b.m4a").write_bytes(movie(sound(3.0)[:, 0]))
    for name in ("a.m4a", "b.m4a"):
        parts = [*SampleStream(str(tmp_path / name), name, 8000)]
        assert len(parts) > 3
        np.testing.assert_array_equal(np.concatenate(parts), read_clip(tmp_path / name, 0.0, None, 8000))


@pytest.mark.parametrize("times", [(0.5, 2.75), (1.0, 3.0), (2.5, 9.0), (0.0, None)])
def test_a_part_of_a_recording_is_what_a_clip_with_its_times_is(tmp_path, monkeypatch, times):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    monkeypatch.setattr(ffmpeg, "BLOCK_SAMPLES", 8000)
    record(tmp_path / "a.wav", 3.5, 11_025, 2)
    (tmp_path / "a.m4a").write_bytes(movie(sound(3.5)[:, 0]))
    for name in ("a.wav", "a.m4a"):
        parts = [*SampleStream(str(tmp_path / name), name, 8000, *times)]
        np.testing.assert_array_equal(np.concatenate(parts), read_clip(tmp_path / name, *times, 8000))


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"", "is empty"), (b"no audio at all", "cannot be read: "), (None, "does not exist")],
)
def test_what_is_no_audio_is_named(tmp_path, model, content, cause):
    if content is not None:
        (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(PslError, match=rf"the audio file \S*a\.wav {cause}"):
        psl.load(model, window_seconds=1.0).tag(tmp_path / "a.wav")


def test_a_folder_is_no_recording_and_a_timeline_has_a_class(tmp_path, model):
    tagger = psl.load(model, window_seconds=1.0)
    with pytest.raises(PslError, match="is a folder: give one recording, or tag the folder by `psl tag`"):
        tagger.tag(tmp_path)
    with pytest.raises(PslError, match="a timeline of the top 0 classes shows nothing"):
        tagger.tag(record(tmp_path / "a.wav", 2.0)).timeline(top=0)


def test_a_sample_rate_of_no_sound_and_numbers_that_are_none_are_refused(tmp_path):
    slow = SampleStream(str(record(tmp_path / "a.wav", 30.0, 100)), "a.wav", RATE_HZ)
    with pytest.raises(PslError, match=r"a\.wav states a sample rate of 100 Hz"):
        list(slow)
    soundfile.write(tmp_path / "b.wav", np.array([0.0, np.nan], np.float32), RATE_HZ, subtype="FLOAT")
    with pytest.raises(PslError, match=r"b\.wav holds samples that are NaN"):
        list(SampleStream(str(tmp_path / "b.wav"), "b.wav", RATE_HZ))


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_the_mean_of_the_channels_is_numpys(channels):
    x_TD = sound(1.0, channels=channels)
    np.testing.assert_allclose(channel_mean(x_TD), x_TD.mean(axis=1), atol=1e-7)


@pytest.mark.parametrize(("stated", "expected"), [(None, 32), (5, 30), (50, 50)])
def test_a_model_that_divides_batches_gets_whole_ones(tmp_path, stated, expected):
    fields = {} if stated is None else {"batch_windows": stated}
    tagger = psl.load(foreign(tmp_path / "onnx", **fields), window_seconds=2.0)
    assert scores._batch_windows(tagger.model, tagger.windowing) == expected
