"""What people wrote about an annotator, read before anything runs: its statement, class list, table and ontology.

No model is opened, as that can take a download; whether it says the same, the stage annotator@KEY finds out.
"""

from pathlib import Path

from psl.annotators.class_list import read_class_list
from psl.annotators.class_table import HEADER, teacher_id
from psl.annotators.contract import statement
from psl.config.annotators import AnnotatorParams
from psl.corpora.lists.ontology import read_ontology
from psl.io.list_files import records
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError


def check_stated_files(key: str, params: AnnotatorParams) -> None:
    """Raise PslError for a file about `annotators.KEY` that is missing, or cannot be what it should be."""
    source = Path(params.source)
    classes = statement(key, params).get("classes", "model") if source.is_dir() else "model"
    vocabulary = None if classes == "model" else read_class_list(source / classes)
    if params.classes.table:
        _check_table(Path(params.classes.table), vocabulary)
    if params.classes.ontology:
        read_ontology(Path(params.classes.ontology))


def _check_table(path: Path, annotator: Vocabulary | None) -> None:
    """Read the table of classes; the annotator's are compared where they are known already."""
    if not path.is_file():
        raise PslError(f"the table of classes {path} does not exist: write it, with the header {','.join(HEADER)}")
    for line, row in records(path, ",", HEADER, "the table of classes"):
        if annotator and row["teacher"]:
            teacher_id(path, line, row["teacher"], annotator)
