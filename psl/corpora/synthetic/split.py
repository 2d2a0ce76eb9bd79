"""Splits of a bank by source: training and evaluation recordings, and groups of recordings that may meet in a scene."""

from collections.abc import Mapping, Sequence

import numpy as np

from psl.corpora.synthetic.bank import Bank, Recording
from psl.io.metadata.vocabulary import Vocabulary
from psl.runtime.errors import PslError
from psl.runtime.progress import log

EVAL_ONE_IN = 4  # without folds, one in so many sources of a class evaluates


def assign_parts(
    sources: Mapping[str, Sequence[str]], parts: int, rng: np.random.Generator, first_part_first: bool = False
) -> dict[str, int]:
    """The part of each source: the sources of each class are spread over `parts` parts as evenly as possible.

    A source that several classes share is in one part. What does not divide goes to random parts, or to the lowest.
    """
    part_of: dict[str, int] = {}
    for mid in sorted(sources):
        filled = np.zeros(parts, dtype=np.int64)
        for source in sorted(set(sources[mid]) & part_of.keys()):
            filled[part_of[source]] += 1
        order = np.arange(parts) if first_part_first else rng.permutation(parts)
        for source in rng.permutation(sorted(set(sources[mid]) - part_of.keys())).tolist():
            part_of[source] = int(order[np.argmin(filled[order])])
            filled[part_of[source]] += 1
    return part_of


def split_train_eval(
    bank: Bank, train_folds: Sequence[str], eval_folds: Sequence[str], rng: np.random.Generator
) -> tuple[list[Recording], list[Recording]]:
    """Training and evaluation recordings: by fold or, without folds, a quarter of each class's sources evaluates.

    Raises PslError for a fold that the bank does not have, when a class is missing from one of them, or one source
    would be in both.
    """
    _require_folds(bank, (*train_folds, *eval_folds))
    if train_folds:
        train, evaluation = ([r for r in bank.recordings if r.fold in folds] for folds in (train_folds, eval_folds))
        unused = len(bank.recordings) - len(train) - len(evaluation)
        if unused:
            folds = ", ".join([*train_folds, *eval_folds])
            log(f"{unused} of {len(bank.recordings)} recordings of the bank are in none of the folds {folds}")
        places = (f"folds {', '.join(train_folds)}", f"folds {', '.join(eval_folds)}")
    else:
        part_of = assign_parts(_sources(bank.recordings), EVAL_ONE_IN, rng, first_part_first=True)
        train = [r for r in bank.recordings if part_of[r.source] != 0]
        evaluation = [r for r in bank.recordings if part_of[r.source] == 0]
        places = ("the training sources", "the evaluation sources")
    for recordings, place in zip((train, evaluation), places, strict=True):
        required = "at least two sources, one to train and one to evaluate"
        _require_all_classes(bank.vocabulary, recordings, place, required)
    shared = sorted({r.source for r in train} & {r.source for r in evaluation})
    if shared:
        raise PslError(
            f"the source {shared[0]} of the bank has takes in training and in evaluation folds: rename them to one fold"
        )
    return train, evaluation


def _require_folds(bank: Bank, folds: Sequence[str]) -> None:
    known = sorted({recording.fold for recording in bank.recordings if recording.fold is not None})
    unknown = [fold for fold in folds if fold not in known]
    if unknown:
        there = f"has the folds {', '.join(known)}" if known else "has none: its files are not named FOLD-SOURCE-TAKE"
        raise PslError(f"train_folds and eval_folds name the fold {unknown[0]}, but the bank {there}")


def source_groups(recordings: Sequence[Recording], groups: int, rng: np.random.Generator) -> list[list[Recording]]:
    """Recordings in at most `groups` groups that share no source; empty groups are left out."""
    part_of = assign_parts(_sources(recordings), groups, rng)
    by_group: list[list[Recording]] = [[r for r in recordings if part_of[r.source] == group] for group in range(groups)]
    return [group for group in by_group if group]


def split_by_shares(
    vocabulary: Vocabulary, recordings: Sequence[Recording], shares: Sequence[int], rng: np.random.Generator
) -> list[list[Recording]]:
    """Recordings split by source into parts of these relative sizes. Raises PslError when a part would lack a class."""
    part_of = assign_parts(_sources(recordings), sum(shares), rng)
    numbers = np.repeat(np.arange(len(shares)), shares)
    parts = [[r for r in recordings if numbers[part_of[r.source]] == part] for part in range(len(shares))]
    for part in parts:
        required = f"at least {sum(shares)} sources that train"
        _require_all_classes(vocabulary, part, "a part of the training sources", required)
    return parts


def _sources(recordings: Sequence[Recording]) -> dict[str, list[str]]:
    """The source of each recording of a class, by mid."""
    return {mid: [r.source for r in recordings if r.mid == mid] for mid in {r.mid for r in recordings}}


def _require_all_classes(vocabulary: Vocabulary, recordings: Sequence[Recording], place: str, required: str) -> None:
    present = {recording.mid for recording in recordings}
    missing = [name for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True) if mid not in present]
    if missing:
        raise PslError(
            f"the bank has no recording of {', '.join(missing)} in {place}: "
            f"each class needs {required}, in the folds that params.yaml names"
        )
