"""How many stages a run executes at once, and how many cores each of them may use."""

from dataclasses import dataclass, replace

from psl.runtime.cores import THREADS_LIMIT, cores
from psl.runtime.gpu import has_gpu
from psl.runtime.memory import workers_that_fit

MOST_AT_ONCE = 64
STAGE_BYTES = 2 << 30  # of a stage that computes, with its processes
COMPUTING_AT_ONCE = 1 if has_gpu() else min(cores(), MOST_AT_ONCE)
AT_ONCE = min(COMPUTING_AT_ONCE + 1, MOST_AT_ONCE)  # one that draws or counts beside those that compute


@dataclass(frozen=True)
class Limits:
    """How many stages run at once, and how many of those that compute (`meta: {computes: true}`)."""

    at_once: int = AT_ONCE
    computing_at_once: int = COMPUTING_AT_ONCE

    def within_memory(self) -> "Limits":
        """With fewer computing stages where the memory is free for fewer."""
        fitting = workers_that_fit(self.computing_at_once, STAGE_BYTES, "computing stages")
        return replace(self, computing_at_once=fitting)

    def environment(self, computing: int) -> dict[str, str]:
        """The limit on the cores of a stage, when `computing` stages run or could run, itself included.

        Each may use twice its share, so that no core idles when a stage beside it waits.
        """
        sharing = max(1, min(computing, self.computing_at_once))
        return {THREADS_LIMIT: str(min(-(-2 * cores() // sharing), cores()))}
