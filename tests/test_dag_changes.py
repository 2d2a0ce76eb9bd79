"""What one new file and the one line that names it make stale: the stages that use it, and no others."""

import json
import sys

import pytest
from dag_stages import (
    DETECTIONS,
    EVALUATIONS,
    EXPORTS,
    INSPECTION,
    LABELLING,
    NETWORKS,
    STUDENT_TABLES,
    TRANSFERS,
    each,
)
from imports import ROOT
from project import RUNNING, TESTS

NETWORK = (TESTS / "linear_network.py").read_text()
READER = """
from psl.corpora.lists.fsd50k import SUBSETS, write

SUBSETS, write = SUBSETS, write
"""
KIND = (ROOT / "psl/annotators/kinds/placeholder.py").read_text().replace('default="placeholder"', 'default="other"')
CLIP_METRIC = """
from psl.evaluation.scores.clip_metric import ClipMetric

METRIC = ClipMetric(name="other", value=lambda y_NC, score_NC: 0.5, counts_unlabelled=True)
"""
DETECTION_METRIC = """
from psl.evaluation.detection.metrics import DetectionMetric
from psl.evaluation.detection.metrics.segment_f import METRIC as SEGMENT_F

METRIC = DetectionMetric(name="other", heading="other", measure=SEGMENT_F.measure)
"""
AUGMENTATION = """
def build():
    return lambda mel_BTF, target_BC, generator: (mel_BTF - 6.0, target_BC)
"""
MASKS = {"name": "spec_augment", "time_masks": 1, "max_time_share": 0.1, "mel_masks": 0, "max_mel_bands": 0}
PACKAGES = {
    "models": NETWORK,
    "psl/corpora/readers": READER,
    "psl/annotators/kinds": KIND,
    "psl/training/augmentations": AUGMENTATION,
}
UNUSED = ("psl/corpora/readers", "psl/annotators/kinds")  # where a file that nothing names makes nothing stale
METRICS = {"psl/evaluation/tagging/metrics": CLIP_METRIC, "psl/evaluation/detection/metrics": DETECTION_METRIC}

ANNOTATOR = {"kind": "other", "source": "data/metadata/scenes/classes.csv"}
ONE_WINDOW = {INSPECTION, "network@1", "annotate@1", "calibrate@1", "train_student@1", "evaluate@1", "detect@1"}
OTHER_NETWORK = {INSPECTION, "network@weak", "annotate@weak", "calibrate@weak", "train_student@weak"}


def write_plugins(project, packages=PACKAGES):
    """Put a file other.py into each package."""
    for package in packages:
        (project.folder / package / "other.py").write_text((PACKAGES | METRICS)[package])


def show_metric(project, file, package):
    """Name the new metric in the SHOWN of a file."""
    path = project.folder / file
    line = f'    "{package.replace("/", ".")}.other",\n'
    head, begin, rest = path.read_text().partition("SHOWN = (")
    comment, newline, metrics = rest.partition("\n")
    path.write_text(head + begin + comment + newline + line + metrics)
    project.run(sys.executable, "-m", "tasks.code_deps")


def test_new_files_that_nothing_names_make_nothing_stale(unrun):
    write_plugins(unrun, UNUSED)
    before = (unrun.folder / "dvc.yaml").read_bytes()
    unrun.run(sys.executable, "-m", "tasks.code_deps")
    assert unrun.stale() == set() and (unrun.folder / "dvc.yaml").read_bytes() == before


def test_a_new_network_has_the_annotators_inspected_alone(unrun):
    write_plugins(unrun, ["models"])  # a saved model says itself which of them it is
    assert unrun.stale() == {INSPECTION, *NETWORKS}


def test_a_new_network_and_what_networks_share_train_nothing(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    before = contents(project, "data/networks")
    write_plugins(project, ["models"])
    (project.folder / "models/parts/other.py").write_text("HEADS = 1\n")
    assert project.repro("train_annotator", "evaluate", "detect") == {INSPECTION, *NETWORKS}
    assert contents(project, "data/networks") == before and project.stale() == set()


def test_a_change_of_what_a_network_imports_concerns_its_students_alone(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    part = project.folder / "models/parts/other.py"
    part.write_text("HEADS = 1\n")
    (project.folder / "models/other.py").write_text(NETWORK + "\n\nfrom models.parts import other\n")
    project.run(sys.executable, "-m", "tasks.code_deps")
    project.edit(lambda params: params["students"]["wide"].update(width=None, architecture={"name": "other"}))
    using = {f"{stage}@wide" for stage in ("train_student", "evaluate", "detect")}
    assert using < project.repro("network", "evaluate", "detect")
    assert network_of(project, "wide") == "other" and network_of(project, "2") == "linear"
    part.write_text("HEADS = 2\n")
    assert project.repro("network", "evaluate", "detect") == using | each("network") | {INSPECTION}


def network_of(project, key):
    """The name of the network that a trained model says it is."""
    return json.loads((project.folder / f"data/models/{key}/seed1/model.json").read_text())["architecture"]["name"]


def test_a_new_augmentation_has_all_trainings_done_again_because_a_chain_could_name_it(unrun):
    write_plugins(unrun, ["psl/training/augmentations"])
    assert unrun.stale() == {"train_annotator", *each("train_student"), *TRANSFERS}


@pytest.mark.parametrize(
    ("section", "key", "value", "stale"),
    [
        (
            "train_annotator",
            "architecture",
            {"name": "other"},
            {"network_annotator", "train_annotator", "report"},
        ),
        (
            "train_student",
            "architecture",
            {"name": "other"},
            each("network") | each("train_student") | {"detect_table", "report"},
        ),
        ("train_annotator", "augmentation", MASKS, {"train_annotator", "report"}),
        ("train_student", "augmentation", MASKS, each("train_student") | {"detect_table", "report"}),
        ("transfer", "augmentation", MASKS, TRANSFERS | {"report"}),
        ("annotators", "other", ANNOTATOR, {"annotator@other", "transfer_table", "report"}),
        (
            "annotate",
            "annotator",
            "other",
            LABELLING
            | {
                "evaluate_annotator",
                "detect_annotator",
                "label_store",
                "label_counts",
                "listen",
                "transfer_table",
                "report",
            },
        ),
        ("students", "weak", {"targets": "weak", "architecture": {"name": "linear"}}, OTHER_NETWORK | STUDENT_TABLES),
        ("students", "1", {"window_seconds": 1.0, "hop_seconds": 1.0}, ONE_WINDOW | STUDENT_TABLES),
        (
            "corpora",
            "mine",
            {"kind": "other", "source": "data/metadata/fsd50k/made/FSD50K.ground_truth", "audio": "data"},
            {"metadata@mine", "features@mine", "leaks", "report"},
        ),
    ],
)
def test_the_line_that_names_a_file_makes_stale_what_uses_it(unrun, section, key, value, stale):
    write_plugins(unrun, ("models", *UNUSED) if key == "architecture" else UNUSED)
    new = {INSPECTION, *NETWORKS} if key == "architecture" else set()  # by a file in models/
    unrun.edit(lambda params: params[section].update({key: value}))
    assert unrun.stale() == stale | new


def test_a_transfer_metric(unrun):
    write_plugins(unrun, METRICS)
    evaluations = unrun.stale()
    unrun.edit(lambda params: [transfer.update(metric="other") for transfer in params["transfers"].values()])
    assert unrun.stale() - evaluations == TRANSFERS | {"transfer_table"} and not evaluations & TRANSFERS


@pytest.mark.parametrize(
    ("file", "package", "stale"),
    [
        ("psl/evaluation/tagging/summary.py", "psl/evaluation/tagging/metrics", EVALUATIONS | EXPORTS | {"report"}),
        (
            "psl/evaluation/detection/summary.py",
            "psl/evaluation/detection/metrics",
            DETECTIONS | {"detect_table", "report"},
        ),
    ],
)
def test_a_metric_that_is_shown(unrun, file, package, stale):
    write_plugins(unrun, [package])
    show_metric(unrun, file, package)
    assert unrun.stale() == stale


def test_what_new_files_bring_is_used(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    write_plugins(project, PACKAGES | METRICS)
    show_metric(project, "psl/evaluation/tagging/summary.py", "psl/evaluation/tagging/metrics")
    (project.folder / "data/metadata/fsd50k/made").rename(project.folder / "made")
    project.edit(use_all)
    ran = project.repro("evaluate@2")
    assert ran == {"metadata@mine", "features@mine", "leaks", "annotator@other", "network@2"} | {
        f"{stage}@2" for stage in ("annotate", "calibrate", "train_student", "evaluate")
    }
    labelled = json.loads((project.folder / "data/calibration/2.json").read_text())["labels"]
    assert labelled["annotator_key"] == labelled["annotator"] == "other"
    about = json.loads((project.folder / "data/models/2/seed1/model.json").read_text())
    assert about["architecture"]["name"] == about["trained_on"]["parameters"]["augmentation"]["name"] == "other"
    assert '"other": 0.5' in (project.folder / "reports/evaluate/2.json").read_text()


def use_all(params):
    """Let the corpus, network, annotator and augmentation be those of the new files."""
    params["corpora"] = {"mine": {"kind": "other", "source": "made/FSD50K.ground_truth", "audio": "made"}}
    params["corpus"] = params["detect"]["corpus"] = "mine"
    params["transfers"] = {}
    params["train_annotator"]["subset"] = params["annotate"]["subset"] = "train"
    params["annotators"] = {"other": {"kind": "other", "source": "data/metadata/mine/classes.csv"}}
    params["annotate"]["annotator"] = "other"
    params["train_student"] |= {"architecture": {"name": "other"}, "augmentation": {"name": "other"}}


def test_compiled_files_make_nothing_stale(unrun):
    unrun.run(sys.executable, "-m", "compileall", "-qf", "psl", "models", "tasks")
    assert unrun.stale() == set()
    folders = {path.parent for path in unrun.folder.glob("psl/**/*.py")}
    assert folders and all((folder / "__pycache__").is_dir() for folder in folders)


def test_the_code_in_use_makes_stale_what_it_computes(unrun):
    path = unrun.folder / "psl/annotators/kinds/placeholder.py"
    path.write_text(path.read_text() + "\n")
    assert unrun.stale() == {INSPECTION}


def test_one_more_annotator_computes_no_labels_and_trains_no_student(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.edit(lambda params: params["annotators"].update(more=ANNOTATOR | {"kind": "placeholder"}))
    before = contents(project, "data/labels") | contents(project, "data/calibration")
    printed = project.dvc("repro", "train_student")
    assert set(RUNNING.findall(printed)) == {"annotator@more"} | LABELLING and "annotate clips" not in printed
    assert contents(project, "data/labels") | contents(project, "data/calibration") == before
    assert project.stale() == {"evaluate_annotator", "detect_annotator", "transfer_table", "report"}


def test_finer_curves_train_no_student(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    project.set_param("calibrate.bins=5")
    before = contents(project, "reports/calibrate")
    assert project.repro("train_student") == each("calibrate")
    assert contents(project, "reports/calibrate") != before and project.stale() == {"report"}


def contents(project, folder):
    """The files of a folder."""
    return {path.name: path.read_bytes() for path in (project.folder / folder).iterdir()}
