"""params.yaml for a person's corpus: it reads, names the corpus everywhere, and keeps all else."""

from pathlib import Path

import pytest
from own_recordings import clips_of, default_params
from params_files import DEFAULT

from psl.config import Published, Student
from psl.config.file import read_params, write_params
from psl.corpora.custom.settings import changed_params, corpus_params, unfilled
from psl.runtime.errors import PslError

LONG = clips_of({("a", "s"): 3}, seconds=10.0)  # fill every window of the default
MINE = {"kind": "custom", "source": "mine.corpus/lists", "audio": "mine.corpus/audio"}


def rewritten(path, clips=LONG, name="mine"):
    """What the file says after the corpus took its place in it, and the keys that were removed."""
    text, removed = changed_params(path, name, path.parent / "mine.corpus", clips)
    write_params(path, text)
    return read_params(path), removed


def test_all_that_names_the_corpus_or_its_subsets_is_set(tmp_path):
    params, _ = rewritten(default_params(tmp_path))
    assert (params.corpus, params.detect.corpus, params.detect.subset) == ("mine", "mine", "eval")
    assert (params.train_annotator.subset, params.annotate.subset) == ("train", "train")
    assert params.corpora == {"mine": Published(**MINE)}


def test_synthetic_corpora_go_with_their_transfers_and_students_that_compare_networks(tmp_path):
    params, removed = rewritten(default_params(tmp_path))
    assert list(params.students) == ["10", "5", "2", "weak"] and params.transfers == {}
    corpora, transfers, students = removed[:4], removed[4:16], removed[16:]
    assert corpora == ["corpora.scenes", "corpora.fsd50k", "corpora.fsdkaggle2018", "corpora.fsdkaggle2019"]
    assert transfers[::11] == ["transfers.fsd50k_annotator", "transfers.fsdkaggle2019-noisy_full-2"]
    assert students[:-1] == [*(f"students.{key}" for key in ("full-2", "mixed-2", "S1", "S2", "S3")), "exports.mixed-2"]
    assert params.exports == {}
    assert students[-1] == "4, 5, 6 of train_student.seeds" and params.train_student.seeds == (1, 2, 3)


@pytest.mark.parametrize("extra", ["width: 0.5", "max_steps: 3", "seeds: [4, 5]", "subset: full"])
def test_a_student_of_its_own_clips_width_steps_or_seeds_goes(tmp_path, extra):
    path = default_params(tmp_path)
    path.write_text(path.read_text().replace('"5": {', f'"5": {{{extra}, '))
    params, removed = rewritten(path)
    assert list(params.students) == ["10", "2", "weak"] and "5 of ensembles.windows" in removed


def test_other_corpora_of_the_person_stay_with_their_transfers(tmp_path):
    path = default_params(tmp_path)
    real = "  real: {kind: fsd50k, source: lists, audio: audio}\n"
    transfer = '  real_2: {corpus: real, train: train, validation: val, test: eval, metric: lwlrap, model: "2"}\n'
    text = path.read_text().replace("\nfront_end:", f"{real}\nfront_end:")
    path.write_text(text.replace("\ntransfer:  ", f"{transfer}\ntransfer:  "))
    params, _ = rewritten(path)
    assert list(params.corpora) == ["real", "mine"] and list(params.transfers) == ["real_2"]


@pytest.mark.parametrize(
    ("seconds", "removed", "plotted", "left"),
    [
        (6.0, ["students.10", "10 of ensembles.windows"], "2", ["5", "2"]),
        (2.5, ["students.10", "students.5", "ensembles.windows"], "2", ["2"]),
    ],
)
def test_windows_that_no_clip_fills_go_with_all_that_names_them(tmp_path, seconds, removed, plotted, left):
    params, keys = rewritten(default_params(tmp_path), clips_of({("a", "s"): 3}, seconds))
    assert set(removed) <= set(keys) and params.detect.plotted_detector == plotted
    assert list(params.students) == [*left, "weak"]
    assert {model for ensemble in params.ensembles.values() for model in ensemble.models} <= set(params.students)


def test_a_plotted_detector_that_goes_gives_way_to_the_first_that_stays(tmp_path):
    path = default_params(tmp_path)
    path.write_text(path.read_text().replace('plotted_detector: "2"', 'plotted_detector: "10"'))
    params, removed = rewritten(path, clips_of({("a", "s"): 3}, 6.0))
    assert params.detect.plotted_detector == "5" and "detect.plotted_detector (now 5)" in removed


def test_transfers_of_a_student_that_goes_are_removed_from_real_corpora_too(tmp_path):
    path = default_params(tmp_path)
    kind = "kind: fsd50k\n    source: lists\n    audio: audio\n"
    text = path.read_text()
    begin, end = text.index("kind: synthetic_fsd50k"), text.index("  fsdkaggle2018:\n")
    text = f"{text[:begin]}{kind}{text[end:]}".replace("fsd50k_2: {", "fsd50k_10: {", 1)
    path.write_text(text.replace('average_precision, model: "2"', 'average_precision, model: "10"'))
    params, removed = rewritten(path, clips_of({("a", "s"): 3}, 6.0))
    assert list(params.transfers) == ["fsd50k_annotator"] and "transfers.fsd50k_10" in removed


def test_recordings_that_fill_no_window_are_refused(tmp_path):
    with pytest.raises(PslError, match=r"every window of .*params.yaml is longer than the recordings: add a student"):
        changed_params(default_params(tmp_path), "mine", tmp_path, clips_of({("a", "s"): 3}, 1.0))


def test_a_window_counts_as_filled_as_annotation_counts():
    students = {key: Student(window_seconds=seconds, hop_seconds=seconds) for key, seconds in (("2", 2.0), ("1", 1.0))}
    students["weak"] = Student(targets="weak")
    assert unfilled(clips_of({("a", "s"): 1}, 31_999 / 16_000), students) == ["2"]
    assert unfilled(clips_of({("a", "s"): 1}, 2.0) + clips_of({("a", "t"): 1}, 0.5), students) == []


def test_a_corpus_written_again_changes_nothing(tmp_path):
    path = default_params(tmp_path)
    rewritten(path)
    text = path.read_text()
    _, removed = rewritten(path)
    assert path.read_text() == text and removed == []


def test_a_synthetic_corpus_of_the_same_name_gives_way_with_its_transfers(tmp_path):
    params, _ = rewritten(default_params(tmp_path), name="fsd50k")
    assert params.corpora == {"fsd50k": Published(**MINE)} and params.transfers == {}


def test_another_corpus_of_the_same_name_is_not_overwritten(tmp_path):
    path = default_params(tmp_path)
    rewritten(path)
    with pytest.raises(PslError, match=r"corpora.mine of .* is another corpus: give this one another name with --name"):
        changed_params(path, "mine", tmp_path / "other", LONG)


def test_paths_are_relative_to_params_where_they_can_be(tmp_path):
    assert corpus_params(tmp_path / "my corpus", tmp_path)["source"] == "my corpus/lists"
    assert corpus_params(Path("/elsewhere"), tmp_path)["audio"] == "/elsewhere/audio"


def test_lines_that_have_nothing_to_do_with_the_corpus_stay(tmp_path):
    path = default_params(tmp_path)
    rewritten(path)
    lines = set(DEFAULT.read_text().split("front_end:")[1].splitlines())
    lost = {line for line in lines - set(path.read_text().splitlines()) if "corpus: fsd" not in line}
    recipe = {"window_seconds", "hop_seconds", "max_steps", "labels", "window_starts", "augmentation"}  # of mixed-2
    gone = {"seeds", "subset", "corpus", "transfers", "exports", "full-2", "mixed-2", "S1", "S2", "S3"} | recipe
    assert {line.split(":")[0].strip() for line in lost} == gone


def test_windows_line_ends_stay(tmp_path):
    path = default_params(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    rewritten(path)
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") > 100


def test_params_that_are_broken_are_left_alone(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("corpora: {}\n")
    with pytest.raises(PslError, match="is missing"):
        changed_params(path, "mine", tmp_path, LONG)
    assert path.read_text() == "corpora: {}\n"
