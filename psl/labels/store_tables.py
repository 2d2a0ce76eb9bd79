"""The tables and views of the label store, with the comments that its catalogue shows.

Their names and types are part of the file that people query. DuckDB stores the text of views and comments, so even
another word changes the bytes of the file.
"""

from psl.io.schemas import Q_ONE
from psl.labels.store_schema import Table, View

PERCENTS = (10, 20, 30, 40, 50)  # windows.above_10 … above_50: the number of labels above that probability
LOWEST_Q = min(PERCENTS) * Q_ONE // 100  # above it a class of a clip is kept, whatever is known of it
TAIL_ONE = 1_000_000_000  # SoftLabels.below_min_mean_C is stored in parts per billion: it is far below 1 / Q_ONE

CLIP = ("UINTEGER", "of clips")
CLASS = ("USMALLINT", "of classes")
_KEY = ("window_key", "of window_sets")
_ABOVE = {f"above_{percent}": f"labels with p above {percent / 100:.2f}" for percent in PERCENTS}
_ANNOTATOR = "who labelled these windows, as in params.yaml"
WEAK = "whether it is a weak label; null: the class was not looked for in the clip"
TRUTH = "whether the clip has an event of the class; null: none of its events is known"

TABLES = {
    "clips": Table(
        "the clips that have labels, in the order of their ids",
        {
            "clip_number": ("UINTEGER", "from 0 on"),
            "clip_id": ("clip_name", "as in the manifest"),
            "subset": ("subset_name", "the smallest of the corpus that has the clip"),
            "source_codes": ("UINTEGER[]", "the code points of the source; named_clips has it as text"),
            "path_codes": ("UINTEGER[]", "the code points of the path; named_clips has it as text"),
            "file_start_ms": ("UINTEGER", "where the clip begins in the file, milliseconds"),
            "file_end_ms": ("UINTEGER", "where it ends; null: with the file"),
        },
    ),
    "classes": Table(
        "the classes, in the order of the vocabulary",
        {
            "class_number": ("USMALLINT", "from 0 on"),
            "mid": ("class_mid", "the id of the class, as in classes.csv"),
            "name": ("class_name", "its name"),
        },
    ),
    "window_sets": Table(
        "the sets of windows, each cut and labelled in one way",
        {
            "window_key": ("window_key", "the key of the student that learns these labels"),
            "window_ms": ("UINTEGER", "length of a window, milliseconds"),
            "hop_ms": ("UINTEGER", "from one window's start to the next, milliseconds; null: unknown"),
            "annotator": ("annotator_key", _ANNOTATOR),
            "n_windows": ("UINTEGER", "how many there are"),
        },
    ),
    "windows": Table(
        "the windows, with the number of their labels",
        {
            "window_id": ("UINTEGER", "from 0 on, over all sets"),
            "window_key": _KEY,
            "clip_number": CLIP,
            "start_ms": ("UINTEGER", "within the clip, milliseconds"),
            "duration_ms": ("UINTEGER", "length, milliseconds"),
            "n_kept": ("USMALLINT", "labels that are in the table labels"),
            **{column: ("USMALLINT", comment) for column, comment in _ABOVE.items()},
            "annotator": ("annotator_key", _ANNOTATOR),
        },
    ),
    "labels": Table(
        "the soft labels of windows, from annotate.min_probability on",
        {
            "window_id": ("UINTEGER", "of windows"),
            "class_number": CLASS,
            "q": ("USMALLINT", f"the probability times {Q_ONE}"),
        },
    ),
    "highest_labels": Table(
        f"classes of clips: weak labels, true ones, and those of a window with p above {min(PERCENTS) / 100:.2f}",
        {
            "window_key": _KEY,
            "clip_number": CLIP,
            "class_number": CLASS,
            "q": ("USMALLINT", f"the highest probability of a window, times {Q_ONE}; null: all are below the minimum"),
            "weak": ("BOOLEAN", WEAK),
            "truth": ("BOOLEAN", TRUTH),
        },
    ),
    "tails": Table(
        "the mean of the probabilities that are not kept, of each class",
        {
            "window_key": _KEY,
            "class_number": CLASS,
            "tail_ppb": ("UINTEGER", "the mean, in parts per billion"),
            "annotator": ("annotator_key", _ANNOTATOR),
        },
    ),
    "weak_labels": Table("the weak labels of the manifest", {"clip_number": CLIP, "class_number": CLASS}),
    "events": Table(
        "the true events with their times, where the corpus knows them",
        {
            "clip_number": CLIP,
            "class_number": CLASS,
            "onset_ms": ("UINTEGER", "within the clip, milliseconds"),
            "offset_ms": ("UINTEGER", "within the clip, milliseconds"),
        },
    ),
    "provenance": Table(
        "how the labels were made", {"record": ("VARCHAR", "a JSON object with an entry for each key, and for weak")}
    ),
}

OF_CLIP = {"clip_id": ("clip_id::VARCHAR", "as in the manifest")}
OF_CLASS = {
    "mid": ("mid::VARCHAR", "the id of the class, as in classes.csv"),
    "name": ("name::VARCHAR", "the name of the class"),
}
_OF_KEY = {"window_key": ("window_key::VARCHAR", "the key of the student that learns these labels")}
_OF_SET = {**_OF_KEY, "window_s": ("window_ms / 1000", "length of a window, seconds")}
_OF_WINDOW = {
    **_OF_KEY,
    "start_s": ("start_ms / 1000", "where the window begins in the clip, seconds"),
    "window_s": ("duration_ms / 1000", "length of the window, seconds"),
}
_BY = {"annotator": ("annotator::VARCHAR", _ANNOTATOR)}
P = f"q / {Q_ONE}"


def _text(codes: str) -> str:
    return f"array_to_string([chr(c::INTEGER) FOR c IN {codes}], '')"


VIEWS = {
    "soft_labels": View(
        "the soft labels of windows, from annotate.min_probability on",
        {
            **OF_CLIP,
            **_OF_WINDOW,
            **OF_CLASS,
            "p": (P, "the probability"),
            "window_id": ("window_id", "of named_windows"),
            **_BY,
        },
        "labels JOIN windows USING (window_id) JOIN clips USING (clip_number) JOIN classes USING (class_number)",
    ),
    "clip_labels": View(
        TABLES["highest_labels"].comment,
        {
            **OF_CLIP,
            **_OF_SET,
            **OF_CLASS,
            "p": (P, "the highest probability of a window; null: all are below annotate.min_probability"),
            "weak": ("weak", WEAK),
            "truth": ("truth", TRUTH),
            **_BY,
        },
        "highest_labels JOIN window_sets USING (window_key) JOIN clips USING (clip_number) "
        "JOIN classes USING (class_number)",
    ),
    "named_clips": View(
        "the clips that have labels",
        {
            **OF_CLIP,
            "subset": ("subset::VARCHAR", "the smallest of the corpus that has the clip"),
            "source": (_text("source_codes"), "clips of one source share a recording"),
            "path": (_text("path_codes"), "the audio file, or where it lies in an archive; null: not found"),
            "file_start_s": ("file_start_ms / 1000", "where the clip begins in the file, seconds"),
            "file_end_s": ("file_end_ms / 1000", "where it ends; null: with the file"),
        },
        "clips",
    ),
    "named_windows": View(
        "the windows, with the number of their labels",
        {
            **OF_CLIP,
            **_OF_WINDOW,
            "n_kept": ("n_kept", "labels that are in soft_labels"),
            **{column: (column, comment) for column, comment in _ABOVE.items()},
            "window_id": ("window_id", "from 0 on, over all window keys"),
            **_BY,
        },
        "windows JOIN clips USING (clip_number)",
    ),
    "named_weak_labels": View(
        "the weak labels of the manifest",
        {**OF_CLIP, **OF_CLASS},
        "weak_labels JOIN clips USING (clip_number) JOIN classes USING (class_number)",
    ),
    "named_events": View(
        "the true events with their times, where the corpus knows them",
        {
            **OF_CLIP,
            "onset_s": ("onset_ms / 1000", "within the clip, seconds"),
            "offset_s": ("offset_ms / 1000", "within the clip, seconds"),
            **OF_CLASS,
        },
        "events JOIN clips USING (clip_number) JOIN classes USING (class_number)",
    ),
    "class_tails": View(
        "the mean of the probabilities that are not kept, of each class",
        {
            **_OF_SET,
            **OF_CLASS,
            "tail": (f"tail_ppb / {TAIL_ONE}", "the mean, which training uses in place of each of them"),
            "annotator": ("tails.annotator::VARCHAR", _ANNOTATOR),
        },
        "tails JOIN window_sets USING (window_key) JOIN classes USING (class_number)",
    ),
}

CREATE_TABLES = "".join(table.sql(name) for name, table in TABLES.items())
CREATE_VIEWS = "".join(view.sql(name) for name, view in VIEWS.items())
