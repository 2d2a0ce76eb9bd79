"""Names of audio files in every scheme: each says the clip that it was made from, whatever its id looks like."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.audio_places.names import Clip, Clips, Meaning, accepted_stems, is_whole_recording, meanings, stem_of

LETTERS = string.ascii_letters + string.digits + "-_"
IDS = st.one_of(
    st.text(LETTERS, min_size=11, max_size=11),
    *(
        st.text(LETTERS, min_size=11 - len(head), max_size=11 - len(head)).map(head.__add__)
        for head in ("-", "_", "--", "Y", "id_", "_30", "a_1-2")
    ),
)
STARTS = st.one_of(st.integers(0, 36_000).map(lambda s: 1000 * s), st.integers(0, 36_000_000))
CLIPS = st.builds(lambda name, start, length: Clip(name, start, start + length), IDS, STARTS, st.integers(1, 30_000))
DASH = Clip("--PJHxphWEs", 30_000, 40_000)

SCHEMES = {
    "PSL": "{id}_{start:.3f}_{end:.3f}",
    "CED balanced": "{id}_{start:.3f}",
    "bare": "{id}",
    "PANNs": "Y{id}",
    "Fast-Audioset-Download": "id_{id}",
    "DESED": "Y{id}_{start:.3f}_{end:.3f}",
    "audioset-download": "{id}_{start}-{end}",
    "milliseconds": "{id}_{start_ms}",
    "milliseconds to the end": "{id}_{start_ms}_{end_ms}",
}


def stem(scheme: str, clip: Clip) -> str:
    times = {"start": clip.start_ms / 1000, "end": clip.end_ms / 1000, "start_ms": clip.start_ms, "end_ms": clip.end_ms}
    return SCHEMES[scheme].format(id=clip.name, **times)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(clip=CLIPS)
def test_each_scheme_comes_back(scheme, clip):
    name = stem(scheme, clip)
    assert any(meaning.name == clip.name and meaning.fits(clip) for meaning in meanings(name))
    assert name in accepted_stems(clip)


@given(clip=CLIPS)
def test_every_accepted_stem_means_the_clip_and_comes_once(clip):
    stems = accepted_stems(clip)
    assert len(stems) == len(set(stems))
    for name in stems:
        assert any(meaning.name == clip.name and meaning.fits(clip) for meaning in meanings(name)), name


@given(clip=CLIPS, other=CLIPS)
def test_a_name_with_times_fits_no_other_stretch(clip, other):
    other = other._replace(name=clip.name)
    if (clip.start_ms, clip.end_ms) != (other.start_ms, other.end_ms):
        name = f"{clip.name}_{clip.start_ms / 1000:.3f}_{clip.end_ms / 1000:.3f}"
        assert not any(meaning.name == clip.name and meaning.fits(other) for meaning in meanings(name) if meaning.start_ms is not None)


@given(st.text(LETTERS + ". ", max_size=40))
def test_any_name_can_be_read_and_first_of_all_as_an_id(name):
    assert next(iter(meanings(name))) == Meaning(name)


def test_a_y_is_a_prefix_only_before_eleven_letters():
    assert [meaning.name for meaning in meanings("Yabcdefghijk")] == ["Yabcdefghijk", "abcdefghijk"]
    assert [meaning.name for meaning in meanings("Yabcdefghij")] == ["Yabcdefghij"]


def test_seconds_as_whole_and_broken_numbers_and_milliseconds():
    fitting = ["30", "30.0", "30.000", "30000", "30_40", "30-40", "30.0-40.0", "30000_40000"]
    others = ["31", "30.5", "300", "30_41", "30.0-39.9", "30_40000", "30.000_", "_30", "-30", "30_40_50", "1e3", "³0"]
    reads = {times: any(m.name == DASH.name and m.fits(DASH) for m in meanings(f"{DASH.name}_{times}")) for times in fitting + others}
    assert [times for times, read in reads.items() if read] == fitting


def test_a_clip_without_an_end_is_found_by_its_start():
    clip = Clip("64760", 0, None)
    assert accepted_stems(clip)[-2:] == ["64760", "id_64760"]
    assert all(any(m.name == clip.name and m.fits(clip) for m in meanings(name)) for name in ["64760", "64760_0", "64760_0_10"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/b/-x.FLAC", "-x"), ("-x_30.000", "-x_30.000"), ("-x_30.000.m4a", "-x_30.000"), ("wav", "wav"), (".wav", ""), ("", "")],
)
def test_only_suffixes_of_audio_are_taken_off(name, expected):
    assert stem_of(name) == expected


@pytest.mark.parametrize(
    ("duration_s", "start_s", "end_s", "whole"),
    [
        (10.0, 30, 40, False),  # the clip
        (10.9, 30, 40, False),  # cut at a frame
        (20.0, 30, 40, False),  # cut too long
        (4.0, 30, 40, False),  # cut off
        (38.0, 30, 40, False),  # longer, but the clip is not within
        (39.5, 30, 40, True),
        (300.0, 30, 40, True),
        (10.0, 0.4, 10.4, False),
        (300.0, 0.4, 10.4, True),
    ],
)
def test_whole_recordings_are_told_from_clips_by_their_duration(duration_s, start_s, end_s, whole):
    assert is_whole_recording(duration_s, Clip("x", int(1000 * start_s), int(1000 * end_s))) is whole


def test_clips_as_columns_are_the_clips():
    clips = [Clip("a", 0, None), Clip("b", 5000, 15_000), Clip("a", 7, 8)]
    columns = Clips.of(clips)
    assert list(columns) == clips and list(columns[1:]) == clips[1:] and Clips.of(columns) is columns
    assert list(Clips.of([])) == []
