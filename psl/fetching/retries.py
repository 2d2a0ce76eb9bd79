"""When to try again, and after how long: exponential back-off with jitter, for what may pass by itself."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

LONGEST_ASKED_S = 300.0  # a server may ask for more patience than this, and does not get it
PASSING = {408, 425, 429, 500, 502, 503, 504}  # answers that may be another one in a minute


class Passing(Exception):
    """A fault that may pass by itself. `wait_s`: the patience that the server asks for, in seconds."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Retries:
    """How often in a row, and how patiently."""

    tries: int = 6  # in a row that bring nothing new
    first_s: float = 1.0  # pause after the first
    longest_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, failed: int, seed: str, asked_s: float = 0.0) -> None:
        """Sleep after the `failed`-th failure in a row: twice as long each time, less up to half of it by a seeded draw."""
        whole = min(self.first_s * 2 ** (failed - 1), self.longest_s)
        drawn = whole * random.Random(f"{seed} {failed}").uniform(0.5, 1.0)
        self.sleep(max(drawn, min(asked_s, LONGEST_ASKED_S)))
