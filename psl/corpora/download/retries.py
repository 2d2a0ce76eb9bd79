"""Retries of transient faults: exponential back-off with jitter."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

MAX_RETRY_AFTER_S = 300.0  # longest wait that a server may ask for
TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}  # HTTP


class TransientError(Exception):
    """A fault that may pass by itself; `wait_s` is the wait that the server asks for, in seconds."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Retries:
    """How often to try, and how long to pause in between."""

    tries: int = 6  # in a row without a new byte
    first_pause_s: float = 1.0
    max_pause_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, failed: int, seed: str, retry_after_s: float = 0.0) -> None:
        """Sleep after failure number `failed` in a row: twice as long each time, shortened by up to half at random."""
        longest = min(self.first_pause_s * 2 ** (failed - 1), self.max_pause_s)
        pause = longest * random.Random(f"{seed} {failed}").uniform(0.5, 1.0)
        self.sleep(max(pause, min(retry_after_s, MAX_RETRY_AFTER_S)))
