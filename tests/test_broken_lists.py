"""Lists that are broken, of every corpus: one sentence that names file, line and cause."""

import re

import pytest
from small_corpora import LISTS, SEGMENTS_HEAD, lay_out, write

from psl.runtime.errors import PslError

BAL, UNB, STRONG = "balanced_train_segments.csv", "unbalanced_train_segments.csv", "audioset_eval_strong.tsv"
CLASSES = "class_labels_indices.csv"
STRONG_HEAD = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
TRAIN18, TEST18 = "train_post_competition.csv", "test_post_competition_scoring_clips.csv"
CURATED, NOISY, TEST19 = (
    "train_curated_post_competition.csv",
    "train_noisy_post_competition.csv",
    "test_post_competition.csv",
)
EVENTS, DURATIONS = "validation.tsv", "validation_durations.tsv"
EVENTS_HEAD = "filename\tonset\toffset\tevent_label\n"
FILE = "Y00pbt6aJV8Y_350.000_360.000.wav"

ROWS = [  # corpus, list, the row appended to it, the expected error
    ("audioset", BAL, "abc, 0.000, 10.000", 'YTID, start, end, "mid,mid"'),
    ("audioset", BAL, ', 0.000, 10.000, "/a"', "YTID"),
    ("audioset", BAL, 'abc, zero, 10.000, "/a"', "seconds, not 'zero'"),
    ("audioset", BAL, 'abc, -1, 10.000, "/a"', "a time from 0 s on, not -1 s"),
    ("audioset", UNB, 'abc, 0, inf, "/a"', "a time from 0 s on, not inf s"),
    ("audioset", UNB, 'abc, 0, 1e300, "/a"', "a time of less than 1000000000 s, not 1e300 s"),
    ("audioset", UNB, 'abc, 10, 5, "/a"', "a start before the end, not 10.0 and 5.0 s"),
    ("audioset", UNB, 'abc, 0, 10, " , "', "at least one label"),
    ("audioset", UNB, 'abc, 0, 10, "/a\ndef, 0, 10, "/b"\n', "every quote to be closed on its own line"),
    ("audioset", UNB, 'abc, 0, 10, "/a' + "x" * 200_000, "a table of text (field larger than field limit (131072))"),
    ("audioset", STRONG, "eval0000001_5000\t0.5\t1", "segment_id\tstart_time_seconds"),
    ("audioset", STRONG, "eval0000001_5000\t2\t1\t/b", "a start before the end, not 2.0 and 1.0 s"),
    ("audioset", STRONG, "eval0000001_5000\t0\t1\t", "segment_id\tstart_time_seconds"),
    ("fsd50k", "dev.csv", "1,Bark,/m/05tny_,test", "train or val, not 'test'"),
    ("fsd50k", "dev.csv", "1,Bark,/m/05tny_", "4 fields (fname, labels, mids, split), not 3"),
    (
        "fsd50k",
        "dev.csv",
        "1,Bark,Crash_cymbal,/m/05tny_,/m/0bm0k,train",
        "4 fields (fname, labels, mids, split), not 6",
    ),
    ("fsd50k", "dev.csv", "1,Bark,/m/0bm0k,val", "the mids of its labels by"),
    ("fsd50k", "dev.csv", '1,"Bark,Crash_cymbal",/m/05tny_,val', "the mids of its labels by"),
    ("fsd50k", "eval.csv", "1,Miaow,/m/05tny_", "a label of the corpus, not Miaow"),
    ("fsd50k", "eval.csv", "1,,", "at least one label"),
    ("fsd50k", "eval.csv", ",Bark,/m/05tny_", "the name of an audio file"),
    ("fsd50k", "vocabulary.csv", "7,Gong,/m/0mbct", "idx,label,mid with idx 3"),
    ("fsd50k", "vocabulary.csv", "3,Gong", "idx,label,mid with idx 3"),
    ("fsd50k", "vocabulary.csv", "3,Gong,", "idx,label,mid with idx 3"),
    ("fsd50k", "vocabulary.csv", "3,Bark,/m/0mbct", "a class that is not listed before, not Bark, /m/0mbct"),
    ("fsd50k", "vocabulary.csv", "3,Gong,/m/05tny_", "a class that is not listed before, not Gong, /m/05tny_"),
    ("fsdkaggle2018", TRAIN18, "a.wav,Bark,yes,1,CC", "0 or 1, not 'yes'"),
    ("fsdkaggle2018", TRAIN18, "a.wav,Bark and Gong,0,1,CC", "a label of the corpus, not Bark and Gong"),
    ("fsdkaggle2018", TEST18, "a.wav,Bark,Hidden,1,CC", "Public or Private, not 'Hidden'"),
    ("fsdkaggle2018", TEST18, "a.wav,None,Public,1,CC", "a label of the corpus, not None"),
    ("fsdkaggle2019", CURATED, "a.wav,Bark,Gong,1,CC", "4 fields (fname, labels, freesound_id, license), not 5"),
    ("fsdkaggle2019", NOISY, "a.wav,Zipper,x,CC", "a label of the corpus, not Zipper"),
    ("fsdkaggle2019", NOISY, ".wav,Bark,x,CC", "the name of an audio file"),
    ("fsdkaggle2019", TEST19, "a.wav,Bark,,1,CC", "Public or Private, not ''"),
    ("desed", EVENTS, f"{FILE}\t1.0\t\tDog", "seconds, not ''"),
    ("desed", EVENTS, f"{FILE}\t2.0\t1.0\tDog", "a start before the end, not 2.0 and 1.0 s"),
    ("desed", EVENTS, f"{FILE}\t10.0\t10.5\tDog", "an onset within the 10.0 s of the file, not at 10.0 s"),
    ("desed", EVENTS, f"{FILE}\t1.0\t2.0\tPuppy", "a label of the corpus, not Puppy"),
    ("desed", EVENTS, "other.wav\t1.0\t2.0\tDog", "a file of .*validation_durations.tsv, not other"),
    ("desed", DURATIONS, f"{FILE}\t10.0", "a file that is not listed before"),
    ("desed", DURATIONS, "other.wav\t1e9", "a time of less than 1000000000 s, not 1e9 s"),
    ("desed", DURATIONS, "other.wav\tlong", "seconds, not 'long'"),
]


def error_of(tmp_path, kind, changed):
    with pytest.raises(PslError) as error:
        write(lay_out(tmp_path, kind, changed), kind)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("kind", "name", "row", "cause"), ROWS)
def test_a_broken_row_is_refused_with_file_line_and_cause(tmp_path, kind, name, row, cause):
    line = LISTS[kind][name].count("\n") + 1
    expected = cause if ".*" in cause else re.escape(cause)
    sentence = error_of(tmp_path, kind, {name: LISTS[kind][name] + row})
    assert re.search(f"^line {line} of {tmp_path}/lists/{re.escape(name)} is broken: expected .*{expected}", sentence)


@pytest.mark.parametrize(
    ("kind", "name", "text", "cause"),
    [
        *(
            (kind, name, None, f"{name} does not exist")
            for kind in LISTS
            for name in LISTS[kind]
            if name not in (STRONG, UNB)
        ),
        *(
            (kind, name, b"", f"{name} names no")
            for kind in LISTS
            if kind != "audioset"
            for name in LISTS[kind]
            if name != DURATIONS
        ),
        ("audioset", BAL, SEGMENTS_HEAD, f"{BAL} names no clip"),
        ("audioset", CLASSES, "0,/a,A\n1,/b,B\n", f"{CLASSES} must begin with the line index,mid,display_name"),
        ("audioset", UNB, b"a, 0, 1, /a\n\xff", f"line 2 of .*{UNB} is broken: expected text in UTF-8"),
        ("audioset", UNB, "a, 0, 1, /a\n".encode("utf-16"), f"line 1 of .*{UNB} is broken: expected text in UTF-8"),
        ("audioset", UNB, "a, 0, 1, /a\nb, 0, 1, /z\n", f"{UNB} labels the clip b_0 with /z"),
        ("audioset", UNB, "bal00000001, 30, 40, /a\n", "name the clip bal00000001_30000 more than once"),
        (
            "fsd50k",
            "dev.csv",
            "fname,labels,split\n1,Bark,train\n",
            "line 1 of .*dev.csv is broken: expected a header with the columns",
        ),
        ("fsd50k", "dev.csv", "fname,labels,mids,split\n", "dev.csv names nothing: it has no line below its header"),
        ("fsd50k", "eval.csv", "fname,labels,mids\n64760,Bark,/m/05tny_\n", "name the clip 64760 more than once"),
        (
            "fsdkaggle2018",
            TRAIN18,
            "fname,label\na.wav,Bark\n",
            f"line 1 of .*{TRAIN18} is broken: expected a header with",
        ),
        (
            "fsdkaggle2019",
            NOISY,
            "a.wav,Bark,x,CC\n",
            f"line 1 of .*{NOISY} is broken: expected a header with the columns fname",
        ),
        (
            "desed",
            EVENTS,
            EVENTS_HEAD.replace("\t", ",") + f"{FILE},0,1,Dog\n",
            f"line 1 of .*{EVENTS} is broken: expected a header",
        ),
    ],
)
def test_a_list_that_is_broken_as_a_whole_is_reported(tmp_path, kind, name, text, cause):
    assert re.search(cause, error_of(tmp_path, kind, {name: text}))


def test_all_impossible_events_are_counted_at_once(tmp_path):
    times = ["0\t0", "0.5\t1", "2\t1", "-1\t1", "x\t1", *["0\t0"] * 7]
    rows = "".join(f"eval0000001_5000\t{time}\t/b\n" for time in times)
    assert error_of(tmp_path, "audioset", {STRONG: STRONG_HEAD + rows}) == (
        f"11 lines of {tmp_path}/lists/{STRONG} are broken: expected a start before the end, not 0.0 and 0.0 s in line "
        "2, and likewise in lines 4, 7, 8, 9, 10 and 3 more; expected a time from 0 s on, not -1 s in line 5; expected "
        "seconds, not 'x' in line 6: correct or remove them"
    )


def test_all_broken_rows_of_segments_and_of_desed_are_counted_at_once(tmp_path):
    rows = 'abc, 0, 0, "/a"\ndef, 0, 10, "/a"\nghi, 5, 5, "/a"\n'
    sentence = error_of(tmp_path, "audioset", {BAL: SEGMENTS_HEAD + rows})
    assert re.match(r"2 lines of .*: expected a start before the end, not 0.0 and 0.0 s in line 4, and .* 6:", sentence)
    (tmp_path / "desed").mkdir()
    rows = f"{FILE}\t0\t0\tDog\n{FILE}\t11\t12\tDog\n{FILE}\t1\t2\tPuppy\nother.wav\t1\t2\tDog\n"
    sentence = error_of(tmp_path / "desed", "desed", {EVENTS: EVENTS_HEAD + rows})
    assert sentence.startswith("4 lines of ") and "not other in line 5: correct" in sentence


@pytest.mark.parametrize(
    ("kind", "name", "row"),
    [
        ("fsd50k", "dev.csv", "1,Puppy,/m/05tny_,train\n"),
        ("fsd50k", "eval.csv", "1,Puppy,/m/05tny_\n"),
        ("fsdkaggle2018", TRAIN18, "a.wav,Puppy,0,1,CC\n"),
        ("fsdkaggle2018", TEST18, "a.wav,Puppy,Public,1,CC\n"),
        ("fsdkaggle2019", CURATED, "a.wav,Puppy,1,CC\n"),
    ],
)
def test_all_labels_that_a_corpus_does_not_have_are_told_at_once(tmp_path, kind, name, row):
    text = LISTS[kind][name]
    line = text.count("\n") + 1
    assert error_of(tmp_path, kind, {name: text + 3 * row}) == (
        f"3 lines of {tmp_path}/lists/{name} are broken: expected a label of the corpus, not Puppy in line {line}, and "
        f"likewise in lines {line + 1}, {line + 2}: correct or remove them"
    )


@pytest.mark.parametrize(
    ("kind", "name", "row", "head"),
    [
        ("audioset", STRONG, "eval0000001_5000\t{}\t{}\t/b\n", STRONG_HEAD),
        ("desed", EVENTS, FILE + "\t{}\t{}\tDog\n", EVENTS_HEAD),
    ],
)
def test_times_in_milliseconds_are_recognised(tmp_path, kind, name, row, head):
    text = head + row.format(500, 1000) + row.format(0, 9971) + row.format(9000, 10000)
    assert error_of(tmp_path, kind, {name: text}) == (
        f"the times of {tmp_path}/lists/{name} are milliseconds, it seems: 3 of 3 events end within their clips only "
        "then; divide its times by 1000"
    )


def test_segments_in_milliseconds_are_told(tmp_path, capsys):
    text = SEGMENTS_HEAD + 'abc, 30000, 40000, "/a"\ndef, 0, 9000, "/a"\n'
    write(lay_out(tmp_path, "audioset", {BAL: text}), "audioset")
    told = f"all clips of {tmp_path}/lists/{BAL} last 9000 s or more: if its times are milliseconds, divide them"
    assert capsys.readouterr().err.count(told) == 1


def test_events_behind_their_clip_are_counted(tmp_path, capsys):
    rows = "eval0000001_5000\t0.5\t1\t/b\neval0000001_5000\t10\t11\t/b\n"
    write(lay_out(tmp_path, "audioset", {STRONG: STRONG_HEAD + rows}), "audioset")
    assert f"1 of 2 events of {tmp_path}/lists/{STRONG} begin after the end of their clip\n" in capsys.readouterr().err


@pytest.mark.parametrize("name", [BAL, UNB, "eval_segments.csv", STRONG])
@pytest.mark.parametrize(
    ("field", "cause"),
    [
        ("#NAME?", "what stood there, not #NAME? of a spreadsheet: take the list as published"),
        ("#abc", "a comment to begin with `# `, not with '#abc'"),
    ],
)
def test_an_id_that_a_spreadsheet_spoilt_is_no_comment(tmp_path, name, field, cause):
    text, row = LISTS["audioset"][name], "{}\t0.5\t1\t/b\n" if name == STRONG else '{}, 30.000, 40.000, "/a"\n'
    line = text.count("\n") + 1
    sentence = error_of(tmp_path, "audioset", {name: text + row.format(field)})
    assert sentence == f"line {line} of {tmp_path}/lists/{name} is broken: expected {cause}"


def test_a_column_that_comes_twice_is_refused(tmp_path):
    text = "fname,labels,labels,mids,split\n1,Bark,Gong,/m/05tny_,train\n"
    sentence = error_of(tmp_path, "fsd50k", {"dev.csv": text})
    assert sentence == f"line 1 of {tmp_path}/lists/dev.csv is broken: expected the column labels once, not 2 times"
