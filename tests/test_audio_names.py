"""Names of audio files in every naming scheme are matched with their segment, whatever characters its id has."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psl.audio.places.names import ParsedName, accepted_stems, is_whole_recording, parse_name, stem_of
from psl.audio.places.segments import Segment, Segments

LETTERS = string.ascii_letters + string.digits + "-_"
IDS = st.one_of(
    st.text(LETTERS, min_size=11, max_size=11),
    *(
        st.text(LETTERS, min_size=11 - len(head), max_size=11 - len(head)).map(head.__add__)
        for head in ("-", "_", "--", "Y", "id_", "_30", "a_1-2")
    ),
)
STARTS = st.one_of(st.integers(0, 36_000).map(lambda s: 1000 * s), st.integers(0, 36_000_000))
CLIPS = st.builds(lambda name, start, length: Segment(name, start, start + length), IDS, STARTS, st.integers(1, 30_000))
DASH = Segment("--PJHxphWEs", 30_000, 40_000)

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


def stem(scheme: str, clip: Segment) -> str:
    times = {"start": clip.start_ms / 1000, "end": clip.end_ms / 1000, "start_ms": clip.start_ms, "end_ms": clip.end_ms}
    return SCHEMES[scheme].format(id=clip.name, **times)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(clip=CLIPS)
def test_a_name_in_each_scheme_matches(scheme, clip):
    name = stem(scheme, clip)
    assert any(parsed.name == clip.name and parsed.matches(clip) for parsed in parse_name(name))
    assert name in accepted_stems(clip)


@given(clip=CLIPS)
def test_every_accepted_stem_matches_and_is_listed_once(clip):
    stems = accepted_stems(clip)
    assert len(stems) == len(set(stems))
    for name in stems:
        assert any(parsed.name == clip.name and parsed.matches(clip) for parsed in parse_name(name)), name


@given(clip=CLIPS, other=CLIPS)
def test_a_name_with_times_matches_no_other_times(clip, other):
    other = other._replace(name=clip.name)
    if (clip.start_ms, clip.end_ms) != (other.start_ms, other.end_ms):
        name = f"{clip.name}_{clip.start_ms / 1000:.3f}_{clip.end_ms / 1000:.3f}"
        assert not any(
            parsed.name == clip.name and parsed.matches(other)
            for parsed in parse_name(name)
            if parsed.start_ms is not None
        )


@given(st.text(LETTERS + ". ", max_size=40))
def test_any_name_is_parsed_first_as_an_id(name):
    assert next(iter(parse_name(name))) == ParsedName(name)


def test_a_y_is_a_prefix_only_before_eleven_letters():
    assert [parsed.name for parsed in parse_name("Yabcdefghijk")] == ["Yabcdefghijk", "abcdefghijk"]
    assert [parsed.name for parsed in parse_name("Yabcdefghij")] == ["Yabcdefghij"]


def test_seconds_as_integers_and_decimals_and_milliseconds():
    matching = ["30", "30.0", "30.000", "30000", "30_40", "30-40", "30.0-40.0", "30000_40000"]
    others = ["31", "30.5", "300", "30_41", "30.0-39.9", "30_40000", "30.000_", "_30", "-30", "30_40_50", "1e3", "³0"]
    results = {
        times: any(m.name == DASH.name and m.matches(DASH) for m in parse_name(f"{DASH.name}_{times}"))
        for times in matching + others
    }
    assert [times for times, matches in results.items() if matches] == matching


def test_a_clip_without_an_end_is_found_by_its_start():
    clip = Segment("64760", 0, None)
    assert accepted_stems(clip)[-2:] == ["64760", "id_64760"]
    assert all(
        any(m.name == clip.name and m.matches(clip) for m in parse_name(name))
        for name in ["64760", "64760_0", "64760_0_10"]
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/b/-x.FLAC", "-x"),
        ("-x_30.000", "-x_30.000"),
        ("-x_30.000.m4a", "-x_30.000"),
        ("wav", "wav"),
        (".wav", ""),
        ("", ""),
    ],
)
def test_only_audio_suffixes_are_removed(name, expected):
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
def test_the_duration_distinguishes_whole_recordings_from_clips(duration_s, start_s, end_s, whole):
    assert is_whole_recording(duration_s, Segment("x", int(1000 * start_s), int(1000 * end_s))) is whole


def test_segments_as_columns_are_the_segments():
    clips = [Segment("a", 0, None), Segment("b", 5000, 15_000), Segment("a", 7, 8)]
    columns = Segments.of(clips)
    assert list(columns) == clips and list(columns[1:]) == clips[1:] and Segments.of(columns) is columns
    assert list(Segments.of([])) == []
