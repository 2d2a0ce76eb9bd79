"""The page's section on the annotators: what each of them is, and which of the corpus's classes it has."""

from collections.abc import Mapping

from psl.annotators.class_map import ClassMap
from psl.annotators.class_words import describe
from psl.annotators.record import Record
from psl.config import Params, annotator_of
from psl.report.sections import Section
from psl.report.tables import count

HASH_CHARACTERS = 8


def used_annotators(params: Params) -> list[str]:
    """The keys of the annotators that label some student's windows, alone or in an ensemble, each once."""
    keys = [annotator_of(student, params.annotate.annotator) for student in params.students.values()]
    members = [
        member
        for key in keys
        if key is not None
        for member in (params.annotator_ensembles[key].members if key in params.annotator_ensembles else (key,))
    ]
    return list(dict.fromkeys(members))


def annotators_section(records: Mapping[str, tuple[Record, ClassMap]]) -> Section:
    """A row and a sentence for each annotator, by its key in params.yaml; all classes that it lacks are named."""
    rows = [{"annotator": key} | _cells(record) for key, (record, _) in records.items()]
    sentences = [f"{key}: {describe(class_map, len(class_map.vocabulary))}" for key, (_, class_map) in records.items()]
    text = f"The models that label the windows students learn from. {' '.join(sentences)}"
    return Section("Who labels the windows", text, rows, None)


def _cells(record: Record) -> dict[str, str]:
    contract = record.contract
    return {
        "name": contract.name,
        "licence": contract.licence,
        "input": contract.input,
        "sample rate": f"{count(contract.sample_rate_hz)} Hz",
        "window": _window(contract.window_samples, contract.sample_rate_hz),
        "hash": record.weights_hash[:HASH_CHARACTERS],
        "parameters": count(record.n_parameters),
    }


def _window(samples: int | None, rate_hz: int) -> str:
    """A length in seconds, or that there is no fixed one."""
    return "any" if samples is None else f"{samples / rate_hz:g} s"
