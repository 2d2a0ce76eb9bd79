"""The stages of detection on a toy corpus: from features and saved networks to the table and its pictures."""

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from detection_toy import CLIPS, DEFAULT, Bands, lay_out, params, save_bands, some_events
from toy import VOCABULARY

from psl.corpora.artefacts import write_strong
from psl.errors import PslError
from psl.leaks.excluded import write_excluded
from psl.manifest import read_manifest, write_manifest
from psl.params import Detect
from psl.vocabulary import Vocabulary
from tasks import detect, detect_ensemble, detect_table
from tasks.stage import DETECTED, EXCLUDED, FEATURES, METADATA, TRAINED
from tasks.train_sized import resized


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Twelve clips with truth in time, one of them without events; the model "2" hears rightly, "5" has a seed that hears wrongly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(detect, "MODELS", {"bands": Bands})
    lay_out(some_events())
    write_excluded(EXCLUDED, [])
    save_bands("2")
    save_bands("5", seed=1)
    save_bands("5", seed=2, slope=-0.2)
    return tmp_path


def found(key: str) -> dict:
    return json.loads(Path(f"reports/detect/{key}.json").read_text())


def test_a_model_that_hears_all_has_psds_1_and_full_f_measures(workspace):
    detect.work(params(), "2")
    numbers = found("2")
    assert [numbers[name] for name in ("psds1", "psds2", "psds1_low", "psds1_high", "collar_f")] == [1, 1, 1, 1, 1]
    assert numbers["score"] == pytest.approx((1 / 0.315 + 1 / 0.547) / 2, abs=1e-6)
    counts = {"n_clips": 12, "n_clips_without_events": 1, "n_events": 22, "n_parameters": 1, "n_networks": 1, "n_clips_unread": 0}
    assert {name: numbers[name] for name in counts} == counts
    with Path("reports/detect/2_classes.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["name"], row["events"], row["psds1"]) for row in rows] == [
        ("Alarm", "7", "1.0"),
        ("Bell", "8", "1.0"),
        ("Cough", "7", "1.0"),
    ]


def test_windows_hear_less_sharply_than_steps_and_as_sharply_when_they_are_as_short(workspace):
    windows = dict(scores="windows", window_seconds=2.0, hop_seconds=0.4)
    detect.work(params(**windows), "2")
    wide = found("2")
    detect.work(params(scores="windows", window_seconds=0.2, hop_seconds=0.2), "2")
    assert found("2")["psds1"] == 1 and wide["psds1"] < 1 and wide["step_s"] == 0.4


def test_seeds_are_scored_one_by_one_and_averaged_but_an_ensemble_averages_scores(workspace):
    detect.work(params(), "5")
    numbers = found("5")
    assert numbers["psds1_seeds"] == [1, 0] and numbers["psds1"] == 0.5 and numbers["seeds"] == [1, 2] and numbers["n_networks"] == 1
    detect.work(params(), "2")
    both = DEFAULT.ensembles["windows"].model_copy(update={"models": ("2", "5")})
    shutil.rmtree(TRAINED)  # scores are enough
    detect_ensemble.work(params().model_copy(update={"ensembles": {"both": both}}), "both")
    assert found("both")["n_networks"] == 3 and found("both")["psds1"] == 1  # two of three hear rightly


def test_the_same_bytes_come_again(workspace):
    detect.work(params(), "5")
    files = sorted([*Path("reports/detect").iterdir(), *(DETECTED / "5").iterdir()])
    first = [path.read_bytes() for path in files]
    detect.work(params(), "5")
    assert [path.read_bytes() for path in files] == first and len(files) == 4


def test_clips_without_events_are_kept_or_dropped(workspace):
    detect.work(params(empty_files="drop"), "2")
    assert found("2")["n_clips"] == 11 and found("2")["n_clips_without_events"] == 0


def test_lengths_are_chosen_on_clips_that_are_not_scored(workspace):
    changes = dict(median_seconds=None, median_candidates_seconds=(3.0, 0.0), development_share=0.4)
    detect.work(params(**changes), "2")
    numbers = found("2")
    assert numbers["n_clips"] + numbers["n_clips_development"] == 12 and numbers["n_clips_development"] == 5
    assert numbers["psds1"] == 1 and numbers["median_s"] == [0.0]  # 3 s would smooth every event away
    write_strong(METADATA / "audioset", [(clip, 0.0, 1.0, mid) for clip, _, _, mid in some_events() if mid == "/m/a" or clip == "clip01"])
    with pytest.raises(PslError, match=r"has events of [01] classes in its \d clips, and needs 2: change detect.development_share"):
        detect.work(params(**changes), "2")


def test_the_length_that_is_told_is_the_one_that_filters(workspace, capsys):
    detect.work(params(median_seconds=0.5), "2")  # of steps of .2 s
    assert found("2")["median_s"] == [0.6] and "filters nothing" not in capsys.readouterr().err
    with Path("reports/detect/2_classes.csv").open() as handle:
        assert {row["median_s"] for row in csv.DictReader(handle)} == {"0.6"}
    detect.work(params(median_seconds=0.19), "2")
    assert (
        found("2")["median_s"] == [0.0]
        and "2: a median filter of 0.19 s is 1 step of 0.2 s, which filters nothing" in capsys.readouterr().err
    )
    detect.work(params(median_seconds=None, median_candidates_seconds=(0.7, 0.0, 0.5), development_share=0.4), "2")
    assert "2: median filters of 0.5 and 0.7 s are both 3 steps of 0.2 s" in capsys.readouterr().err


def test_clips_that_cannot_be_scored_are_counted_and_too_many_stop_the_run(workspace, capsys):
    late = [("clip03", 4.05, 4.15, VOCABULARY.mids[0]), ("clip04", 3.5, 4.5, VOCABULARY.mids[0])]  # the clips last four seconds
    write_strong(METADATA / "audioset", [*some_events(), *late, ("lost", 0.0, 1.0, VOCABULARY.mids[0])])
    lost = dict(clip_id="lost", path=None, start_s=0.0, end_s=1.0, subset="eval", labels=["/m/a"], source="one", audio_hash=None)
    other = lost | {"clip_id": "untimed"}
    manifest = pa.concat_tables(
        [read_manifest(METADATA / "audioset"), pa.Table.from_pylist([lost, other], read_manifest(METADATA / "audioset").schema)]
    )
    write_manifest(METADATA / "audioset", manifest)
    detect.work(params(max_unread_share=0.25), "2")
    numbers = found("2")
    assert [numbers[name] for name in ("n_clips", "n_clips_unread", "n_clips_too_short", "n_clips_not_annotated")] == [10, 1, 2, 1]
    assert "clip03 is left out (shorter than its events say)" in capsys.readouterr().err
    with pytest.raises(PslError, match=r"3 of 13 clips .* more than detect.max_unread_share 0.1; the first is clip03"):
        detect.work(params(max_unread_share=0.1), "2")


def test_events_that_end_soon_after_their_clip_are_cut_and_counted(workspace):
    write_strong(
        METADATA / "audioset", [*some_events(), ("clip11", 3.0, 4.1, VOCABULARY.mids[0]), ("clip11", 3.0, 4.0, VOCABULARY.mids[1])]
    )
    detect.work(params(), "2")
    assert found("2")["n_events"] == 24 and found("2")["n_events_cut"] == 1


def test_scores_of_a_clip_that_the_manifest_does_not_know_are_refused(workspace):
    manifest = read_manifest(METADATA / "audioset")
    write_manifest(METADATA / "audioset", manifest.slice(1))
    with pytest.raises(PslError, match=r"1 clips have scores but are not in eval of .*, first clip00"):
        detect.work(params(), "2")


def test_clips_that_leak_are_neither_scored_nor_missed(workspace):
    write_excluded(EXCLUDED, [("audioset", "clip03"), ("audioset", "clip04"), ("other", "clip05")])
    detect.work(params(max_unread_share=0.0), "2")
    assert [found("2")[name] for name in ("n_clips", "n_clips_excluded", "n_clips_unread")] == [10, 2, 0]


def test_overlapping_truth_names_the_file_or_is_merged(workspace):
    write_strong(METADATA / "audioset", [*some_events(), ("clip00", 0.5, 1.0, VOCABULARY.mids[0])])
    with pytest.raises(PslError, match="clip00 has two events of /m/a that overlap"):
        detect.work(params(), "2")
    detect.work(params(overlaps="merge"), "2")
    assert found("2")["n_events"] == 22 and found("2")["psds1"] == 1


def test_nan_scores_and_models_that_do_not_fit_are_sentences(workspace):
    save_bands("10", slope=float("nan"))
    with pytest.raises(PslError, match="clip00 have NaN for a score"):
        detect.work(params(), "10")
    save_bands("weak", vocabulary=Vocabulary(("/m/x",), ("Horse",)))
    with pytest.raises(PslError, match="data/models/weak/seed1 knows none of the 3 classes"):
        detect.work(params(), "weak")
    with pytest.raises(PslError, match="no trained model in data/models/annotator"):
        detect.work(params(), "annotator")
    with pytest.raises(PslError, match=r"detectors\.7 is not in params.yaml"):
        detect.work(params(), "7")
    with pytest.raises(PslError, match="there are no features of validation"):
        detect.work(params(subset="validation"), "2")


def test_events_of_classes_that_no_class_list_has_are_counted_and_a_corpus_of_only_such_is_refused(workspace):
    write_strong(METADATA / "audioset", [*some_events(), ("clip00", 3.0, 3.5, "/m/other")])
    detect.work(params(), "2")
    assert found("2")["n_events"] == 22 and found("2")["n_events_of_other_classes"] == 1
    assert found("2")["n_clips_without_events"] == 1 and found("2")["n_clips_of_other_classes"] == 0
    write_strong(METADATA / "audioset", [("clip00", 3.0, 3.5, "/m/other")])
    with pytest.raises(PslError, match="has an event of a class that the model knows"):
        detect.work(params(), "2")


@pytest.mark.parametrize(("empty_files", "empty"), [("keep", 1), ("drop", 0)])
def test_a_clip_with_events_of_other_classes_only_is_not_empty_and_detections_in_it_are_false(workspace, empty_files, empty):
    others = [(clip, onset, offset, "/m/other" if clip == "clip00" else mid) for clip, onset, offset, mid in some_events()]
    write_strong(METADATA / "audioset", others)
    detect.work(params(empty_files=empty_files), "2")
    counts = ("n_clips", "n_clips_without_events", "n_clips_of_other_classes", "n_events", "n_events_of_other_classes")
    assert [found("2")[name] for name in counts] == [11 + empty, empty, 1, 20, 2]
    assert found("2")["psds1"] < 1


def test_every_measure_has_an_interval_and_the_scores_is_of_the_same_draws_as_both_psds(workspace):
    unheard = [(f"clip{number:02}", 3.6, 4.0, VOCABULARY.mids[(number + 2) % 3]) for number in range(5)]
    write_strong(METADATA / "audioset", [*some_events(), *unheard])
    detect.work(params(draws=40), "2")
    numbers = found("2")
    for name in ("psds1", "psds2", "score", "collar_f", "segment_f"):
        assert numbers[f"{name}_low"] < numbers[name] < numbers[f"{name}_high"], name
    apart = [sum(numbers[f"psds{n}_{end}"] / base for n, base in ((1, 0.315), (2, 0.547))) / 2 for end in ("low", "high")]
    assert apart[0] - 1e-5 <= numbers["score_low"] and numbers["score_high"] <= apart[1] + 1e-5 and numbers["score_high"] > 1


def test_truth_of_one_class_gives_all_but_what_needs_two(workspace, capsys):
    write_strong(METADATA / "audioset", [event for event in some_events() if event[3] == VOCABULARY.mids[1]])
    run_all()
    numbers = found("2")
    assert (numbers["psds1"], numbers["collar_f"], numbers["n_classes"]) == (1, 1, 1)
    assert [numbers[name] for name in ("psds2", "psds2_low", "psds2_seeds", "score", "score_high")] == [None, None, [], None, None]
    assert "2: PSDS-2 and the DCASE score need events of two classes, and only Bell has any" in capsys.readouterr().err
    text = Path("reports/detect.md").read_text()
    assert "| PSL-2s | 0.00 | 0.00 | 100.0 (100.0 \u2013 100.0) | \u2013 | \u2013 | yes |" in text and "need events of two classes" in text
    assert "Left out, having no event: Alarm, Cough." in text and Path("reports/detect_roc.png").exists()
    detect.work(params(median_seconds=None, median_candidates_seconds=(3.0, 0.0), development_share=0.4), "2")
    assert found("2")["median_s"] == [0.0]


def test_a_table_of_detectors_of_different_truth_is_refused(workspace):
    run_all()
    write_strong(
        METADATA / "audioset", [*some_events()[2:], ("clip00", 0.0, 1.0, VOCABULARY.mids[0]), ("clip00", 0.4, 2.2, VOCABULARY.mids[1])]
    )
    detect_ensemble.work(some_detectors(), "both")  # as many clips, events and classes, and one event ends later
    with pytest.raises(PslError, match=r"Ensemble: both .* were not held against the same truth"):
        detect_table.work(some_detectors())


def some_detectors():
    """Parameters with two models, one size and an ensemble."""
    return params(shown="2").model_copy(
        update={
            "models": {key: DEFAULT.models[key] for key in ("2", "5")},
            "sizes": {"S1": DEFAULT.sizes["S1"]},
            "detectors": {key: DEFAULT.detectors[key] for key in ("S1", "2", "5")},
            "ensembles": {"both": DEFAULT.ensembles["windows"].model_copy(update={"models": ("2", "5")})},
        }
    )


def run_all() -> None:
    some = some_detectors()
    save_bands("S1")
    for key in some.detectors:
        detect.work(some, key)
    detect_ensemble.work(some, "both")
    detect_table.work(some)


def test_the_table_holds_every_detector_in_order_and_comes_again_byte_for_byte(workspace):
    run_all()
    text = Path("reports/detect.md").read_text()
    lines = text.splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:6]] == ["PSL-5s", "PSL-2s", "S1", "Ensemble: both"]
    assert lines[3].startswith(
        "| PSL-2s | 0.00 | 0.00 | 100.0 (100.0 \u2013 100.0) | 100.0 (100.0 \u2013 100.0) | 2.50 (2.50 \u2013 2.50) | yes | 100.0 (100.0 \u2013 100.0) |"
    )
    assert "| no, 3 |" in lines[5] and "12 clips (audioset, eval)" in text and "kept (1 of them)" in text and "S1 in 3" in text
    made = [
        Path("reports") / name
        for name in ("detect.md", "detect.csv", "detect.json", "detect_classes.png", "detect_roc.png", "detect_timelines.png")
    ]
    first = [path.read_bytes() for path in made]
    detect_table.work(some_detectors())
    assert [path.read_bytes() for path in made] == first
    assert json.loads(first[2])["2"] == {"psds1": 1, "psds2": 1, "score": pytest.approx((1 / 0.315 + 1 / 0.547) / 2, abs=1e-6)}


def test_a_corpus_without_truth_in_time_is_said_and_stops_nothing(workspace, capsys):
    (METADATA / "audioset/strong.parquet").unlink()
    run_all()
    assert "has no strong.parquet" in capsys.readouterr().err and found("2")["n_clips"] == 0
    assert (
        Path("reports/detect.md").read_text()
        == "The corpus audioset has no truth in time (no strong.parquet): nothing was held against it.\n"
    )
    assert len(pq.read_table(DETECTED / "2/seed1.parquet")) == len(CLIPS)  # ensembles of them can still be made
    assert Path("reports/detect_roc.png").exists()


def test_another_width_is_trained_as_its_student_is():
    student = resized(DEFAULT.train_student, DEFAULT.sizes["S1"])
    assert student.architecture.width == DEFAULT.sizes["S1"].width and student.max_epochs == DEFAULT.sizes["S1"].max_epochs
    same = resized(DEFAULT.train_student, DEFAULT.sizes["S1"].model_copy(update={"max_epochs": None}))
    assert same.max_epochs == DEFAULT.train_student.max_epochs and same.learning_rate == DEFAULT.train_student.learning_rate


def test_a_corpus_of_another_key_is_found_by_its_parameters(workspace):
    shutil.move(METADATA / "audioset", METADATA / "desed")
    shutil.move(FEATURES / "audioset", FEATURES / "desed")
    detect.work(params(corpus="desed"), "2")
    assert found("2")["psds1"] == 1


def test_settings_of_detect_are_typed():
    assert isinstance(params().detect, Detect)
