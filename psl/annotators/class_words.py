"""A map of classes in words, for the terminal and the report."""

from psl.annotators.class_map import ClassMap
from psl.io.metadata.vocabulary import Vocabulary

SHOWN = 10  # classes without a partner, and classes with partners where there are no more
SHOWN_PARTNERS = 3  # classes with partners where there are more, and partners of a class
CONSEQUENCES = {
    "weak": "take the clip's weak label in every window",
    "ignore": "stay out of the loss",
}


def describe(class_map: ClassMap, shown: int = SHOWN) -> str:
    """How many classes have partners and the first of them; which have none, and what happens to those.

    The first `shown` classes without a partner are named.
    """
    matched = [number for number, partners in enumerate(class_map.partners) if partners]
    named = matched if len(matched) <= SHOWN else matched[:SHOWN_PARTNERS]
    examples = "; ".join(_learnt(class_map, number) for number in named)
    sentences = [
        f"{len(matched)} of the corpus's {len(class_map.vocabulary)} classes {'has' if len(matched) == 1 else 'have'} "
        "a partner among the annotator's "
        f"{len(class_map.annotator)}",
        *([f": {examples}{'; and so on' if named != matched else ''}"] if matched else []),
        ".",
    ]
    if class_map.unmatched:
        without = [_called(class_map.vocabulary, number) for number in class_map.unmatched]
        sentences.append(
            f" {len(without)} {'has' if len(without) == 1 else 'have'} none and "
            f"{_consequence(class_map)}: {_listed(without, shown)}."
        )
    return "".join(sentences)


def _consequence(class_map: ClassMap) -> str:
    text = CONSEQUENCES[class_map.rule]
    if len(class_map.unmatched) > 1:
        return text
    verb, rest = text.split(" ", 1)
    return f"{verb}s {rest}"


def _learnt(class_map: ClassMap, number: int) -> str:
    """One class and its partners."""
    partners = [_called(class_map.annotator, partner) for partner in class_map.partners[number]]
    highest = "the highest of " if len(partners) > 1 else ""
    return f"{_called(class_map.vocabulary, number)} from {highest}{_listed(partners, SHOWN_PARTNERS)}"


def _called(vocabulary: Vocabulary, number: int) -> str:
    """Name and id, as names may be shared."""
    mid, name = vocabulary.mids[number], vocabulary.names[number]
    return name if name == mid else f"{name} ({mid})"


def _listed(items: list[str], most: int) -> str:
    """The first `most`, and how many more."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{', '.join(items[:most])}{more}"
