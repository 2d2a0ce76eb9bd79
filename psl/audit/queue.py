"""The queue: windows that are worth a person's minute, with a random control beside those that were chosen."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np

from psl.audit.findings import Heard
from psl.audit.levels import DENIES, HEARS, PRESENT, UNKNOWN

RANDOM = "random"
WHY = ("denied", "missing", "uncertain", "rare", RANDOM)
SHARES = {"denied": 0.25, "missing": 0.25, "uncertain": 0.15, "rare": 0.10}  # of the queue; the rest is random
RARE_SHARE = 0.25  # of the classes, those with the fewest labels, count as rare
LABELLED = {PRESENT: "yes", UNKNOWN: "unknown"}

Cell = tuple[int, int, int]  # clip, window, class


class QueueRow(NamedTuple):
    """A window and a class, and why a person should listen to it."""

    row: int  # from 1
    file: str
    start_ms: int
    end_ms: int
    class_id: str
    name: str
    p: float
    labelled: str  # whether the clip has the label: yes, no, or unknown where it was not looked for
    why: str  # some of WHY, with ; between them
    clip: str
    surest: bool  # whether no other window of the clip scores higher


@dataclass
class Queue:
    """Rows by reason, each window and class once; `drawn_from` is how many windows the control was drawn from."""

    rows: list[QueueRow] = field(default_factory=list)
    drawn_from: int = 0


def make_queue(heard: Heard, size: int, seed: int) -> Queue:
    """At most `size` rows. The control is a sample of all windows and classes that the annotator hears, drawn first.

    What the other reasons cannot fill goes to the contradictions, and then to the control.
    """
    population = _population(heard)
    shuffled = [population[n] for n in np.random.default_rng(seed).permutation(len(population)).tolist()]
    chosen: dict[str, list[Cell]] = {name: [] for name in WHY}
    quotas = {name: int(share * size) for name, share in SHARES.items()}
    taken: set[Cell] = set()
    chosen[RANDOM] = shuffled[: size - sum(quotas.values())]
    in_control = set(chosen[RANDOM])
    candidates = _candidates(heard)
    for name, cells in candidates.items():
        fresh = (cell for cell in cells if cell not in taken)
        chosen[name] = list(islice(fresh, quotas[name]))
        taken |= set(chosen[name])
    left = size - len(taken | in_control)
    for name in ("missing", "denied"):
        more = [cell for cell in candidates[name] if cell not in taken | in_control][:left]
        chosen[name] += more
        taken |= set(more)
        left -= len(more)
    chosen[RANDOM] += shuffled[len(chosen[RANDOM]) :][:left]
    return Queue(_rows(heard, chosen), len(population))


def _population(heard: Heard) -> list[Cell]:
    """Every window and class that the annotator hears."""
    found = []
    for n, scores in enumerate(heard.scores):
        for w, c in np.argwhere(heard.levels.hears(scores.p_WC)).tolist():
            found.append((n, w, c))
    return found


def _candidates(heard: Heard) -> dict[str, list[Cell]]:
    """The cells of each reason but the control, those first that are most worth it; classes take turns."""
    of_kind = {
        kind: _in_turn((each.clip, each.window, each.number) for each in heard.findings if each.kind == kind)
        for kind in ("denied", "missing")
    }
    middle_NC = np.abs(heard.place_NC - 0.5)
    uncertain = _by_clip(heard, middle_NC, lambda n, c: DENIES < heard.place_NC[n, c] < HEARS)
    n_labels_C = (heard.y_NC == PRESENT).sum(axis=0)
    judged = sorted(np.flatnonzero(heard.levels.judged_C).tolist(), key=lambda c: (n_labels_C[c], c))
    rare = set(judged[: max(1, round(RARE_SHARE * len(judged)))]) if judged else set()
    likely = _by_clip(heard, -heard.place_NC, lambda n, c: c in rare and heard.y_NC[n, c] != PRESENT)
    return {**of_kind, "uncertain": uncertain, "rare": likely}


def _by_clip(heard: Heard, order_NC: np.ndarray, wanted: Callable[[int, int], bool]) -> list[Cell]:
    """The surest windows of the clips and classes that are wanted, in ascending order, by classes in turn."""
    numbers = [divmod(number, order_NC.shape[1]) for number in np.argsort(order_NC, axis=None, kind="stable").tolist()]
    return _in_turn((n, heard.surest(n, c), c) for n, c in numbers if not np.isnan(order_NC[n, c]) and wanted(n, c))


def _in_turn(cells: Iterable[Cell]) -> list[Cell]:
    """The first cell of each class, then the second of each, and so on."""
    of_class: defaultdict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        of_class[cell[2]].append(cell)
    longest = max(map(len, of_class.values()), default=0)
    return [cells[turn] for turn in range(longest) for cells in of_class.values() if turn < len(cells)]


def _rows(heard: Heard, chosen: dict[str, list[Cell]]) -> list[QueueRow]:
    reasons: defaultdict[Cell, list[str]] = defaultdict(list)
    for name in WHY:
        for cell in chosen[name]:
            reasons[cell].append(name)
    return [_row(heard, number, cell, names) for number, (cell, names) in enumerate(reasons.items(), 1)]


def _row(heard: Heard, number: int, cell: Cell, names: Sequence[str]) -> QueueRow:
    n, w, c = cell
    clip, scores = heard.clips[n], heard.scores[n]
    return QueueRow(
        number,
        clip.file,
        int(scores.start_ms_W[w]),
        int(scores.end_ms_W[w]),
        heard.vocabulary.mids[c],
        heard.vocabulary.names[c],
        round(float(scores.p_WC[w, c]), 4),
        LABELLED.get(int(heard.y_NC[n, c]), "no"),
        ";".join(names),
        clip.name,
        w == heard.surest(n, c),
    )


def reasons(rows: Iterable[QueueRow]) -> Iterator[tuple[str, list[QueueRow]]]:
    """Each first reason that rows have, in the order of WHY, with its rows."""
    rows = list(rows)
    for name in WHY:
        if some := [row for row in rows if row.why.split(";")[0] == name]:
            yield name, some
