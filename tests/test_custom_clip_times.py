"""Clips that are parts of recordings: by the columns start and end of a table, or cut to a stated length."""

from dataclasses import replace

import numpy as np
import pytest
from own_recordings import clips_of, listed, read_rows, request, table, tone

from psl.audio.decode import read_clip
from psl.config import Published
from psl.corpora.custom.check import check
from psl.corpora.custom.clip_times import cut
from psl.corpora.custom.table import read_table
from psl.corpora.custom.write import init_corpus
from psl.corpora.readers import write_metadata
from psl.io.metadata.manifest import read_manifest
from psl.runtime.errors import PslError

HEADER = "file,start,end,labels,looked_for"


@pytest.fixture
def rows(recordings):
    """A row without times for each recording of half a second; long.wav has four, and is in no row yet."""
    rows = [f"{row.replace(',', ',,,')}," for row in listed(recordings)]
    tone(recordings / "long.wav", 99, 4.0)
    return rows


def manifest_of(recordings, tmp_path, **options):
    """The rows of the manifest that the stage metadata makes of the corpus, by clip id."""
    init_corpus(replace(request(recordings, options.pop("labels", None)), **options), tmp_path / "corpus", 0.3, 1)
    (tmp_path / "metadata").mkdir()
    lists, audio = str(tmp_path / "corpus/lists"), str(tmp_path / "corpus/audio")
    write_metadata(tmp_path / "metadata", Published(kind="custom", source=lists, audio=audio))
    return {row["clip_id"]: row for row in read_manifest(tmp_path / "metadata").to_pylist()}


def faults_of(recordings, rows, header=HEADER):
    with pytest.raises(PslError) as error:
        check(request(recordings, table(recordings, rows, header)))
    return str(error.value).splitlines()[1:]


def test_start_and_end_make_clips_of_a_recording(recordings, rows, tmp_path):
    rows += ["long.wav,0.5,2,Owl,", "long.wav,2.0,4.2,Dog;Owl,"]
    clip_of = manifest_of(recordings, tmp_path, labels=table(recordings, rows, HEADER))
    first, second = clip_of["long_500-2000"], clip_of["long_2000-4000"]
    assert (first["labels"], second["labels"]) == (["Owl"], ["/m/0bt9lr", "Owl"])
    assert (second["start_s"], second["end_s"], second["source"]) == (2.0, 4.0, "long.wav")
    assert first["path"] == second["path"] and first["subset"] == second["subset"]
    x_T = read_clip(first["path"], first["start_s"], first["end_s"], 8_000)
    np.testing.assert_array_equal(x_T, read_clip(recordings / "long.wav", 0.0, None, 8_000)[4_000:16_000])
    whole = clip_of["Dog__1-0-B"]
    assert (whole["start_s"], whole["end_s"], len(clip_of)) == (0.0, None, 14)


def test_the_summary_counts_parts(recordings, rows, tmp_path):
    labels = table(recordings, [*rows, "long.wav,0,2,Owl,", "long.wav,2.0,4,Owl,"], HEADER)
    text = init_corpus(request(recordings, labels), tmp_path / "corpus", 0.3, 1)
    assert "\n2 clips are parts of 1 recordings\n" in text
    assert [path.name for path in (tmp_path / "corpus/audio").glob("long*")] == ["long.wav"]


def test_a_corpus_without_parts_has_no_columns_for_them(recordings, tmp_path):
    init_corpus(request(recordings), tmp_path / "corpus", 0.3, 1)
    columns = ["clip_id", "subset", "labels", "source", "file", "bytes", "modified_ns"]
    assert list(read_rows(tmp_path / "corpus/lists/clips.csv")[0]) == columns


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (["long.wav,0,0,Owl,"], "line 14 of {table} is broken: expected a start before the end, not 0.0 and 0.0 s"),
        (["long.wav,-1,2,Owl,"], "line 14 of {table} is broken: expected a time from 0 s on, not -1 s"),
        (["long.wav,1,,Owl,"], "line 14 of {table} is broken: expected seconds, not ''"),
        (["long.wav,0:01,0:02,Owl,"], "line 14 of {table} is broken: expected seconds, not '0:01'"),
        (["long.wav,1,1.05,Owl,"], "long.wav from 1 to 1.05 s lasts 0.050 s, less than 0.1 s"),
        (["long.wav,1,9,Owl,"], "long.wav from 1 to 9 s is not within the 4.0 s of the recording (line 14 of {table})"),
        (
            ["long.wav,1000,2000,Owl,"],
            "long.wav from 1000 to 2000 s is not within the 4.0 s of the recording (line 14 of {table}): divide times "
            "in milliseconds by 1000",
        ),
        (
            ["long.wav,8000,16000,Owl,"],
            "long.wav from 8000 to 16000 s is not within the 4.0 s of the recording (line 14 of {table}): give times "
            "in seconds, not in samples",
        ),
        (
            ["long.wav,1,2,Owl,", "long.wav,1,2,Dog,"],
            "line 15 of {table} names long.wav from 1 to 2 s again, after line 14 of {table}: keep one row, with all "
            "its labels",
        ),
        (
            ["long.wav,0,2,Owl,", "long.wav,1,3,Dog,"],
            "line 15 of {table} overlaps line 14 of {table} and has other labels: give both the labels of both, or say "
            "in a column looked_for what was looked for",
        ),
        (
            ["long.wav,,,Owl,", "long.wav,1,3,Dog;Owl,"],
            "line 15 of {table} overlaps line 14 of {table} and has other labels: give both the labels of both, or say "
            "in a column looked_for what was looked for",
        ),
    ],
)
def test_times_that_cannot_be_are_faults(recordings, rows, new, fault):
    faults = faults_of(recordings, [*rows, *new])
    assert fault.format(table=recordings.with_name("labels.csv")) in faults


@pytest.mark.parametrize(
    "new",
    [
        ["long.wav,0,2,Owl,", "long.wav,2,3,Dog,"],
        ["long.wav,0,2,Owl,", "long.wav,1,3,Owl,"],
        ["long.wav,0,2,Owl,Owl", "long.wav,1,3,Dog,Dog"],
    ],
)
def test_clips_that_do_not_contradict_each_other_may_overlap(recordings, rows, new):
    clips, _ = check(request(recordings, table(recordings, [*rows, *new], HEADER)))
    assert sum(clip.file == "long.wav" for clip in clips) == 2


def test_clips_of_one_recording_have_one_source(recordings, rows):
    rows = [f"{row}," for row in rows] + ["long.wav,0,1,Owl,,a", "long.wav,1,2,Owl,,a", "long.wav,2,3,Owl,,b"]
    (fault,) = faults_of(recordings, rows, f"{HEADER},source")
    table = recordings.with_name("labels.csv")
    assert fault == (f"line 16 of {table} has another source than line 14 of {table}: state one for a recording")


def test_times_are_whole_milliseconds_and_exact_in_long_recordings(tmp_path):
    rows = ["a.wav,12345.678,12345.6791,Owl,", "a.wav,12345.679,12345.68,Owl,"]
    faults = []
    clips = [row.clip for row in read_table(table(tmp_path / "in", rows, HEADER), faults)]
    assert clips == ["a.wav from 12345.678 to 12345.679 s", "a.wav from 12345.679 to 12345.68 s"] and not faults


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("file,start,labels", "start"),
        ("file,labels,end", "end"),
        ("file,onset,offset,labels", "onset"),
        ("file,Begin Time (s),End Time (s),labels", r"Begin Time \(s\)"),
        ("file,start_ms,end_ms,labels", "start_ms"),
        ("file,t_start,t_end,labels", "t_start"),
        ("file,from,to,labels", "from"),
        ("file,startTime,endTime,labels", "startTime"),
        ("file,xmin,xmax,labels", "xmin"),
    ],
)
def test_times_under_other_names_are_refused_with_advice(recordings, header, column):
    advice = "call the times of clips start and end, in seconds from the beginning of the recording, or remove it"
    with pytest.raises(PslError, match=rf"labels.csv has the column {column}: {advice}"):
        check(request(recordings, table(recordings, [], header)))


def test_a_start_with_a_duration_is_refused_with_the_sum(recordings):
    with pytest.raises(PslError, match=r"has the column start: .*, or remove it; end is start plus duration \(s\)$"):
        check(request(recordings, table(recordings, [], "file,start,duration (s),labels")))


def test_recordings_are_cut_to_a_stated_length(recordings, tmp_path):
    tone(recordings / "Dog/long.wav", 99, 2.3)
    clip_of = manifest_of(recordings, tmp_path, clip_seconds=1.0)
    ids = ["Dog__long_0-1000", "Dog__long_1000-2000", "Dog__long_2000-2300"]
    assert [clip_id for clip_id in clip_of if "long" in clip_id] == ids and len(clip_of) == 15
    assert {(tuple(clip_of[name]["labels"]), clip_of[name]["source"]) for name in ids} == {
        (("/m/0bt9lr",), "Dog/long.wav")
    }


def test_what_is_left_of_a_cut_recording_is_a_clip_unless_it_is_too_short():
    (clip,) = clips_of({("a", "s"): 1}, seconds=2.05)
    assert [(part.start_s, part.end_s) for part in cut(clip, 1.0)] == [(0.0, 1.0), (1.0, 2.05)]
    assert cut(clip, 2.0) == cut(clip, None) == [clip]


def test_recordings_that_are_long_for_one_label_are_told(recordings, tmp_path):
    tone(recordings / "Dog/long.wav", 99, 61)
    text = init_corpus(request(recordings), tmp_path / "corpus", 0.3, 1)
    assert "1 of 13 clips are longer than 60 s, such as Dog/long.wav with 1.0 min: a label counts for all of a" in text
    text = init_corpus(replace(request(recordings), clip_seconds=10.0), tmp_path / "cut", 0.3, 1)
    assert "longer than" not in text and "7 clips are parts of 1 recordings" in text


def test_a_part_and_a_file_of_the_same_name_stay_apart(recordings, rows, tmp_path):
    tone(recordings / "long_0-2000.wav", 98)
    rows += ["long.wav,0,2,Owl,", "long_0-2000.wav,,,Dog,"]
    clip_of = manifest_of(recordings, tmp_path, labels=table(recordings, rows, HEADER))
    ids = [clip_id for clip_id in clip_of if clip_id.startswith("long_0-2000-")]
    assert sorted(clip_of[clip_id]["end_s"] or 0.0 for clip_id in ids) == [0.0, 2.0]
