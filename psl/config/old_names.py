"""Names of parameters before November 2026, and those that took their place; to be removed in November 2027."""

import re

PROCEDURAL_BANK = "procedural"
KINDS = {f"made_{name}": f"synthetic_{name}" for name in ("fsd50k", "fsdkaggle2018", "fsdkaggle2019")}
METRICS = {"mAP": "mean_average_precision", "mAP@3": "map_at_3"}  # of transfers
MOVED = {
    "windows": "students, whose windows are window_seconds and hop_seconds",
    "models": "students",
    "sizes": "students, which may have a width and max_steps",
    "detectors": "students",
}
_TRAINING = {
    "max_gradient_norm": "gradient_clip_norm",
    "pool_clips": "shuffle_buffer_clips",
    "max_epochs": "max_steps, min_steps and validation_steps, which count the optimiser's steps",
    "patience_epochs": "patience_steps, which counts the optimiser's steps",
}
NEW_NAMES = {
    "front_end.mels": "n_mels",
    "front_end.win_samples": "win_length_samples",
    "front_end.hop_samples": "hop_length_samples",
    "front_end.floor_db": "dynamic_range_db",
    "corpora.*.bank": "source",
    "corpora.*.lists": "source",
    "corpora.*.drop_share": "missing_label_rate",
    "corpora.*.sounds": "the corpus itself, whose entries they are",
    "annotate.tail": "last_window",
    "annotate.floor": "min_probability",
    "annotate.batch_windows": "inference_batch_size",
    "evaluate.draws": "bootstrap_samples",
    "evaluate.batch_clips": "inference_batch_size",
    "label_counts.many": "many_labels",
    "train_student.targets": "targets of each of students",
    "train_student.alpha": "alpha of each of students",
    "transfer.body_learning_rate": "backbone_learning_rate",
    "transfer.score_windows": "inference_batch_size",
    "detect.draws": "bootstrap_samples",
    "detect.shown": "plotted_detector",
    "detect.shown_clips": "plotted_clips",
    "detect.batch": "inference_batch_size",
    "train_annotator.seed": "seeds",
    "students.*.max_epochs": "max_steps, which counts the optimiser's steps",
    **{
        f"{section}.{old}": new
        for section in ("train_annotator", "train_student", "transfer")
        for old, new in _TRAINING.items()
    },
}


def new_name(key: str) -> str | None:
    """What took the place of an old parameter, as a phrase; None for a key that never was one.

    >>> new_name("front_end.mels"), new_name("corpora.fsd50k.bank"), new_name("front_end.melz")
    ('front_end.n_mels', 'corpora.fsd50k.source', None)
    """
    section = key.partition(".")[0]
    if section in MOVED:
        return MOVED[section]
    generic = re.sub(r"^(corpora|students)\.[^.]+\.", r"\1.*.", key)
    name = NEW_NAMES.get(generic)
    return None if name is None else name if " " in name else f"{key.rpartition('.')[0]}.{name}"
