"""The tables and views of the store of models' scores, with the comments that its catalogue shows."""

from psl.io.schemas import Q_ONE
from psl.labels.store_schema import Table, View
from psl.labels.store_tables import CLASS, CLIP, OF_CLASS, OF_CLIP, PERCENTS, TABLES, TRUTH, VIEWS, WEAK, P

MODEL = "the key of the student, or annotator"

SCORE_TABLES = {
    "clips": Table("the evaluation clips, in the order of their ids", TABLES["clips"].columns),
    "classes": TABLES["classes"],
    "scores": Table(
        f"models' scores of the evaluation clips: of weak labels, true ones, and those above {min(PERCENTS) / 100:.2f}",
        {
            "model": ("model_key", MODEL),
            "clip_number": CLIP,
            "class_number": CLASS,
            "q": ("USMALLINT", f"the probability of the whole clip times {Q_ONE}, the mean over seeds"),
            "highest_q": ("USMALLINT", f"the highest of its windows times {Q_ONE}, the mean over seeds"),
            "start_ms": ("UINTEGER", "where that window of the first seed begins in the clip, milliseconds"),
            "weak": ("BOOLEAN", WEAK),
            "truth": ("BOOLEAN", TRUTH),
        },
    ),
}
MODEL_SCORES = View(
    SCORE_TABLES["scores"].comment,
    {
        "model": ("model::VARCHAR", MODEL),
        **OF_CLIP,
        **OF_CLASS,
        "p": (P, "the probability of the whole clip, the mean over seeds"),
        "highest_p": (f"highest_q / {Q_ONE}", "the highest of its windows, the mean over seeds"),
        "start_s": ("start_ms / 1000", "where that window of the first seed begins in the clip, seconds"),
        "weak": ("weak", WEAK),
        "truth": ("truth", TRUTH),
    },
    "scores JOIN clips USING (clip_number) JOIN classes USING (class_number)",
)
SCORE_VIEWS = {
    "model_scores": MODEL_SCORES,
    "scored_clips": View("the evaluation clips", VIEWS["named_clips"].columns, "clips"),
}

CREATE_SCORE_TABLES = "".join(table.sql(name) for name, table in SCORE_TABLES.items())
CREATE_SCORE_VIEWS = "".join(view.sql(name) for name, view in SCORE_VIEWS.items())
