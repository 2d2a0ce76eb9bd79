"""A run that a serving process started: it ends with that process, and its failure is one sentence in the log."""

import logging
import os
import threading
import time

from flows import processes
from psl.runtime.errors import PslError

SERVED = "PREFECT__FLOW_RUN_ID"  # environment: Prefect sets it for runs that a serving process starts
LOGGERS = ("prefect.flow_runs", "prefect.engine")  # to which Prefect reports what a run raises
POLL_SECONDS = 0.5


def prepare_served_run() -> None:
    """Let this run, if a serving process started it, end when that process does, with all that this run started.

    Prefect logs the sentence of a failed run as its state, and the exception with a traceback after it: not for ours.
    """
    if SERVED in os.environ:
        threading.Thread(target=_exit_without, args=(os.getppid(),), daemon=True).start()
        for name in LOGGERS:
            logging.getLogger(name).addFilter(_is_no_mistake)


def _is_no_mistake(record: logging.LogRecord) -> bool:
    """Whether the record is of anything but a user's mistake."""
    return not (record.exc_info and isinstance(record.exc_info[1], PslError))


def _exit_without(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    processes.kill_all()
    os._exit(1)
