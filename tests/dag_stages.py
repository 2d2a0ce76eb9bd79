"""Names of the stages of the tiny project of project.py."""

STUDENTS = ("2", "weak", "wide", "mix")


def each(stage: str, keys: tuple[str, ...] = STUDENTS) -> set[str]:
    """The names of a stage's instances."""
    return {f"{stage}@{key}" for key in keys}


INSPECTION = "annotator@annotator"
NETWORKS = {"network_annotator", *each("network")}
LABELLING = each("annotate") | each("calibrate")
TRANSFERS = each("transfer", ("fsd50k_annotator", "fsd50k_2"))
EVALUATIONS = {"evaluate_annotator", *each("evaluate")}
EXPORTS = {"export@wide"}
DETECTIONS = {"detect_annotator", *each("detect"), "detect_ensemble@windows"}
STUDENT_TABLES = {"label_store", "label_counts", "score_store", "listen", "transfer_table", "detect_table", "report"}
