"""Who trains and who evaluates, and which recordings meet in a scene: sources are dealt into parts that share none."""

from collections.abc import Mapping, Sequence

import numpy as np

from psl.errors import PslError
from psl.progress import say
from psl.soundscapes.bank import Bank, Recording
from psl.vocabulary import Vocabulary

DEALT_PARTS = 4  # without folds, one of so many parts of a class's sources evaluates


def deal(sources: Mapping[str, Sequence[str]], parts: int, rng: np.random.Generator, first_part_first: bool = False) -> dict[str, int]:
    """Deal the sources of each class into `parts` parts as evenly as can be: source -> part.

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


def split(
    bank: Bank, train_folds: Sequence[str], eval_folds: Sequence[str], rng: np.random.Generator
) -> tuple[list[Recording], list[Recording]]:
    """Recordings that train and recordings that evaluate: by fold, or, without folds, a quarter of each class's sources evaluates.

    Raises PslError when a class has none on one side, or one source would stand on both.
    """
    if train_folds:
        sides = tuple([r for r in bank.recordings if r.fold in folds] for folds in (train_folds, eval_folds))
        unused = len(bank.recordings) - sum(map(len, sides))
        if unused:
            say(
                f"{unused} of {len(bank.recordings)} recordings of the bank are in none of the folds {', '.join([*train_folds, *eval_folds])}"
            )
        where = (f"folds {', '.join(train_folds)}", f"folds {', '.join(eval_folds)}")
    else:
        part_of = deal(_sources(bank.recordings), DEALT_PARTS, rng, first_part_first=True)
        sides = tuple([r for r in bank.recordings if (part_of[r.source] == 0) == evaluates] for evaluates in (False, True))
        where = ("the training sources", "the evaluation sources")
    for side, place in zip(sides, where, strict=True):
        _require_all_classes(bank.vocabulary, side, place, "at least two sources, one to train and one to evaluate")
    both = sorted({r.source for r in sides[0]} & {r.source for r in sides[1]})
    if both:
        raise PslError(f"the source {both[0]} of the bank has takes in training and in evaluation folds: rename them to one fold")
    return sides[0], sides[1]


def source_groups(recordings: Sequence[Recording], groups: int, rng: np.random.Generator) -> list[list[Recording]]:
    """Deal recordings into at most `groups` groups that share no source; groups that would stay empty are left out."""
    part_of = deal(_sources(recordings), groups, rng)
    dealt: list[list[Recording]] = [[r for r in recordings if part_of[r.source] == group] for group in range(groups)]
    return [group for group in dealt if group]


def share_out(
    vocabulary: Vocabulary, recordings: Sequence[Recording], shares: Sequence[int], rng: np.random.Generator
) -> list[list[Recording]]:
    """Deal recordings into parts that share no source, of these sizes. Raises PslError when a part would lack a class."""
    part_of = deal(_sources(recordings), sum(shares), rng)
    numbers = np.repeat(np.arange(len(shares)), shares)
    dealt = [[r for r in recordings if numbers[part_of[r.source]] == part] for part in range(len(shares))]
    for part in dealt:
        _require_all_classes(vocabulary, part, "a part of the training sources", f"at least {sum(shares)} sources that train")
    return dealt


def _sources(recordings: Sequence[Recording]) -> dict[str, list[str]]:
    return {mid: [r.source for r in recordings if r.mid == mid] for mid in {r.mid for r in recordings}}


def _require_all_classes(vocabulary: Vocabulary, recordings: Sequence[Recording], place: str, needed: str) -> None:
    there = {recording.mid for recording in recordings}
    absent = [name for mid, name in zip(vocabulary.mids, vocabulary.names, strict=True) if mid not in there]
    if absent:
        raise PslError(
            f"the bank has no recording of {', '.join(absent)} in {place}: each class needs {needed}, in the folds that params.yaml names"
        )
