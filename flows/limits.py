"""How many stages a run executes at once, and how many cores each of them may use."""

from dataclasses import dataclass

from psl.runtime.cores import THREADS_LIMIT, cores
from psl.runtime.memory import workers_that_fit

MOST_AT_ONCE = 64
STAGE_BYTES = 2 << 30  # of a stage that computes, with its processes
COMPUTING_AT_ONCE = workers_that_fit(min(cores(), MOST_AT_ONCE), STAGE_BYTES)
AT_ONCE = min(COMPUTING_AT_ONCE + 1, MOST_AT_ONCE)  # one that draws or counts beside those that compute


@dataclass(frozen=True)
class Limits:
    """How many stages run at once, and how many of those that compute (`meta: {computes: true}`)."""

    at_once: int = AT_ONCE
    computing_at_once: int = COMPUTING_AT_ONCE

    def environment(self) -> dict[str, str]:
        """The limit on the cores of each stage: twice its share, so that no core waits when a stage beside it does."""
        share = -(-2 * cores() // self.computing_at_once)
        return {THREADS_LIMIT: str(min(share, cores()))}
