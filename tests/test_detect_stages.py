"""The stages detect and detect_ensemble on a toy corpus, from features and saved networks to evaluations."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from detection_toy import DEFAULT, SCENES, evaluation_of, params, save_bands, some_events
from toy import VOCABULARY

from psl.corpora.lists.writer import write_strong
from psl.io.features.excluded import write_excluded
from psl.io.metadata.manifest import read_manifest, write_manifest
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from tasks import detect, detect_ensemble
from tasks.stage import DETECTED, EXCLUDED, FEATURES, METADATA, TRAINED

pytestmark = pytest.mark.usefixtures("detectors")
ALARM, BELL, COUGH = VOCABULARY.mids
CHOSEN = dict(median_seconds=None, median_candidates_seconds=(3.0, 0.0), development_share=0.4)


def values(key: str, *names: str) -> list:
    """These numbers of a detector's evaluation."""
    evaluation = evaluation_of(key)
    return [evaluation[name] for name in names]


def read_classes(key: str) -> list[dict]:
    with Path(f"reports/detect/{key}_classes.csv").open() as handle:
        return list(csv.DictReader(handle))


def test_a_model_that_detects_all_has_psds_1_and_full_f_measures():
    detect.work(params(), "2")
    assert values("2", "psds1", "psds2", "psds1_low", "psds1_high", "collar_f") == [1, 1, 1, 1, 1]
    assert evaluation_of("2")["score"] == pytest.approx((1 / 0.315 + 1 / 0.547) / 2, abs=1e-6)
    assert values("2", "n_clips", "n_clips_without_events", "n_clips_unread", "n_events") == [12, 1, 0, 22]
    assert values("2", "n_parameters", "n_networks") == [1, 1]


def test_each_class_has_a_row():
    detect.work(params(), "2")
    rows = [(row["name"], row["events"], row["psds1"]) for row in read_classes("2")]
    assert rows == [("Alarm", "7", "1.0"), ("Bell", "8", "1.0"), ("Cough", "7", "1.0")]


def test_windows_are_less_sharp_than_steps_and_as_sharp_when_they_are_as_short():
    detect.work(params(scores="windows", window_seconds=2.0, hop_seconds=0.4), "2")
    wide = evaluation_of("2")
    detect.work(params(scores="windows", window_seconds=0.2, hop_seconds=0.2), "2")
    assert evaluation_of("2")["psds1"] == 1 and wide["psds1"] < 1 and wide["step_s"] == 0.4


def test_seeds_are_scored_one_by_one_and_averaged():
    detect.work(params(), "5")
    assert values("5", "psds1_seeds", "psds1", "seeds", "n_networks") == [[1, 0], 0.5, [1, 2], 1]


def test_the_samples_are_kept_by_which_detectors_are_compared():
    for key in ("5", "2"):
        detect.work(params(), key)
    right, half = (json.loads(Path(f"data/bootstrap/detect/{key}.json").read_text()) for key in ("2", "5"))
    assert [*right] == ["psds1", "psds2"] and right["psds1"] == [1] * params().detect.bootstrap_samples
    spread = np.quantile(half["psds1"], 0.9) - np.quantile(half["psds1"], 0.1)
    assert np.median(half["psds1"]) == pytest.approx(0.5, abs=0.2) and spread > 1  # one of two seeds is right


def test_an_ensemble_averages_scores_and_needs_no_model():
    for key in ("5", "2"):
        detect.work(params(), key)
    both = DEFAULT.ensembles["windows"].model_copy(update={"models": ("2", "5")})
    shutil.rmtree(TRAINED)
    detect_ensemble.work(params().model_copy(update={"ensembles": {"both": both}}), "both")
    assert values("both", "n_networks", "psds1") == [3, 1]  # two of three networks are right


def test_the_same_bytes_come_again():
    detect.work(params(), "5")
    files = sorted([*Path("reports/detect").iterdir(), *(DETECTED / "5").iterdir()])
    first = [path.read_bytes() for path in files]
    detect.work(params(), "5")
    assert [path.read_bytes() for path in files] == first and len(files) == 4


def test_clips_without_events_are_kept_or_dropped():
    detect.work(params(empty_files="drop"), "2")
    assert values("2", "n_clips", "n_clips_without_events") == [11, 0]


def test_lengths_are_chosen_on_clips_that_are_not_scored():
    detect.work(params(**CHOSEN), "2")
    assert values("2", "n_clips", "n_clips_development") == [7, 5]
    assert values("2", "psds1", "median_s") == [1, [0.0]]  # 3 s would smooth every event away


def test_lengths_need_events_of_two_classes_in_both_parts():
    events = [(clip, 0.0, 1.0, mid) for clip, _, _, mid in some_events() if mid == ALARM or clip == "clip01"]
    write_strong(SCENES, events)
    message = r"has events of [01] classes in its \d clips, and needs 2: change detect.development_share"
    with pytest.raises(PslError, match=message):
        detect.work(params(**CHOSEN), "2")


def test_the_median_length_in_the_reports_is_the_one_that_filters(capsys):
    detect.work(params(median_seconds=0.5), "2")  # of steps of .2 s
    assert evaluation_of("2")["median_s"] == [0.6] and {row["median_s"] for row in read_classes("2")} == {"0.6"}
    assert "filters nothing" not in capsys.readouterr().err
    detect.work(params(median_seconds=0.19), "2")
    assert evaluation_of("2")["median_s"] == [0.0]
    assert "2: a median filter of 0.19 s is 1 step of 0.2 s, which filters nothing" in capsys.readouterr().err
    detect.work(params(**CHOSEN | {"median_candidates_seconds": (0.7, 0.0, 0.5)}), "2")
    assert "2: median filters of 0.5 and 0.7 s are both 3 steps of 0.2 s" in capsys.readouterr().err


def add_clips_that_cannot_be_scored() -> None:
    """Two clips shorter than their events, one without features, and one that was never annotated in time."""
    late = [("clip03", 4.05, 4.15, ALARM), ("clip04", 3.5, 4.5, ALARM)]  # the clips last four seconds
    write_strong(SCENES, [*some_events(), *late, ("lost", 0.0, 1.0, ALARM)])
    manifest = read_manifest(SCENES)
    clip = dict(path=None, start_s=0.0, end_s=1.0, subset="eval", labels=[ALARM], source="one", audio_hash=None)
    rows = [{"clip_id": clip_id, **clip} for clip_id in ("lost", "untimed")]
    write_manifest(SCENES, pa.concat_tables([manifest, pa.Table.from_pylist(rows, manifest.schema)]))


def test_clips_that_cannot_be_scored_are_counted_and_too_many_stop_the_run(capsys):
    add_clips_that_cannot_be_scored()
    detect.work(params(max_unread_share=0.25), "2")
    names = ("n_clips", "n_clips_unread", "n_clips_too_short", "n_clips_not_annotated")
    assert values("2", *names) == [10, 1, 2, 1]
    assert "clip03 is left out (shorter than its events)" in capsys.readouterr().err
    message = r"3 of 13 annotated clips .* more than detect.max_unread_share 0.1; the first is clip03"
    with pytest.raises(PslError, match=message):
        detect.work(params(max_unread_share=0.1), "2")


def test_events_that_end_soon_after_their_clip_are_cut_and_counted():
    write_strong(SCENES, [*some_events(), ("clip11", 3.0, 4.1, ALARM), ("clip11", 3.0, 4.0, BELL)])
    detect.work(params(), "2")
    assert values("2", "n_events", "n_events_cut") == [24, 1]


def test_scores_of_a_clip_that_the_manifest_does_not_know_are_refused():
    write_manifest(SCENES, read_manifest(SCENES).slice(1))
    with pytest.raises(PslError, match=r"1 clips have scores but are not in eval of .*, first clip00"):
        detect.work(params(), "2")


def test_clips_that_leak_are_neither_scored_nor_missed():
    write_excluded(EXCLUDED, [("scenes", "clip03"), ("scenes", "clip04"), ("other", "clip05")])
    detect.work(params(max_unread_share=0.0), "2")
    assert values("2", "n_clips", "n_clips_excluded", "n_clips_unread") == [10, 2, 0]


def test_overlapping_events_name_the_file_or_are_merged():
    write_strong(SCENES, [*some_events(), ("clip00", 0.5, 1.0, ALARM)])
    with pytest.raises(PslError, match="clip00 has two events of /m/a that overlap"):
        detect.work(params(), "2")
    detect.work(params(overlaps="merge"), "2")
    assert values("2", "n_events", "psds1") == [22, 1]


def test_nan_scores_are_a_sentence():
    save_bands("10", slope=float("nan"))
    with pytest.raises(PslError, match="clip00 have NaN for a score"):
        detect.work(params(), "10")


def test_a_model_of_other_classes_is_a_sentence():
    save_bands("weak", vocabulary=Vocabulary(("/m/x",), ("Horse",)))
    with pytest.raises(PslError, match="data/models/weak/seed1 knows none of the 3 classes"):
        detect.work(params(), "weak")


@pytest.mark.parametrize("key", ["10", "7"])
def test_a_model_that_is_not_trained_is_a_sentence(key):
    with pytest.raises(PslError, match=f"no trained model in data/models/{key}"):
        detect.work(params(), key)


def test_a_subset_without_features_or_of_training_is_a_sentence():
    with pytest.raises(PslError, match=r"detect.subset is full, which is no evaluation subset"):
        detect.work(params(subset="full"), "2")
    (FEATURES / "scenes/eval-00000.parquet").unlink()
    with pytest.raises(PslError, match="there are no features of eval"):
        detect.work(params(), "2")


def test_events_of_classes_that_no_class_list_has_are_counted():
    write_strong(SCENES, [*some_events(), ("clip00", 3.0, 3.5, "/m/other")])
    detect.work(params(), "2")
    assert values("2", "n_events", "n_events_of_other_classes") == [22, 1]
    assert values("2", "n_clips_without_events", "n_clips_of_other_classes") == [1, 0]


def test_a_corpus_with_events_of_other_classes_only_is_refused():
    write_strong(SCENES, [("clip00", 3.0, 3.5, "/m/other")])
    with pytest.raises(PslError, match="has an event of a class that the model knows"):
        detect.work(params(), "2")


@pytest.mark.parametrize(("empty_files", "empty"), [("keep", 1), ("drop", 0)])
def test_a_clip_with_events_of_other_classes_only_is_not_empty_and_detections_in_it_are_false(empty_files, empty):
    write_strong(SCENES, [(*event[:3], "/m/other" if event[0] == "clip00" else event[3]) for event in some_events()])
    detect.work(params(empty_files=empty_files), "2")
    counts = ("n_clips", "n_clips_without_events", "n_clips_of_other_classes", "n_events", "n_events_of_other_classes")
    assert values("2", *counts) == [11 + empty, empty, 1, 20, 2]
    assert evaluation_of("2")["psds1"] < 1


@pytest.fixture
def with_missed_events():
    """The evaluation of a model that misses an event of each of five clips."""
    missed = [(f"clip{number:02}", 3.6, 4.0, VOCABULARY.mids[(number + 2) % 3]) for number in range(5)]
    write_strong(SCENES, [*some_events(), *missed])
    detect.work(params(), "2")
    return evaluation_of("2")


@pytest.mark.parametrize("name", ["psds1", "psds2", "score", "collar_f", "segment_f"])
def test_every_metric_has_an_interval(with_missed_events, name):
    low, value, high = (with_missed_events[name + end] for end in ("_low", "", "_high"))
    assert low < value < high


def test_the_scores_interval_is_of_the_same_samples_as_both_psds(with_missed_events):
    low, high = (
        sum(with_missed_events[f"{name}_{end}"] / base for name, base in (("psds1", 0.315), ("psds2", 0.547))) / 2
        for end in ("low", "high")
    )
    assert low - 1e-5 <= with_missed_events["score_low"]
    assert 1 < with_missed_events["score_high"] <= high + 1e-5


def test_a_corpus_of_another_key_is_the_one_of_its_parameters():
    shutil.move(SCENES, METADATA / "desed")
    shutil.move(FEATURES / "scenes", FEATURES / "desed")
    detect.work(params(corpus="desed"), "2")
    assert evaluation_of("2")["psds1"] == 1
