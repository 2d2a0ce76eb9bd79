"""How many stages a run executes at once."""

from dataclasses import dataclass

AT_ONCE = 2
COMPUTING_AT_ONCE = 1  # two trainings on the same cores slow each other down far more than twice (docs/LOG.md)


@dataclass(frozen=True)
class Limits:
    """How many stages run at once, and how many of those that compute on all cores (`meta: {computes: true}`)."""

    at_once: int = AT_ONCE
    computing_at_once: int = COMPUTING_AT_ONCE
