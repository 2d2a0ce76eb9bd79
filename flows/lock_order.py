"""dvc.lock in the order in which a serial `dvc repro` writes it, also after parallel, failed and killed runs."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flows.dvc_patches import lock_entries, sort_lock_entries
from psl.io.files import write_json

ORDER_FILE = Path(".dvc/tmp/flows/order.json")  # outlives killed and failed runs, so that the next run continues them


@contextmanager
def serial_order(planned: Sequence[str]) -> Iterator[None]:
    """Leave dvc.lock in the order of a serial run: the entries from before the block, then new ones as `planned`."""
    before = _entries_before(planned)
    write_json(ORDER_FILE, {"before": before, "left": None})
    try:
        yield
    finally:
        order = {name: position for position, name in enumerate(dict.fromkeys((*before, *planned)))}
        sort_lock_entries(lambda name: order.get(name, len(order)))
        write_json(ORDER_FILE, {"before": before, "left": lock_entries()})


def forget_run() -> None:
    """A run came to its end: the next one starts from dvc.lock as it is."""
    ORDER_FILE.unlink()


def _entries_before(planned: Sequence[str]) -> list[str]:
    """The entries before the unfinished run that this one continues, or those of now when it continues none.

    It continues none when dvc.lock is not as that run left it, or holds stages of it that are not planned now.
    """
    now = lock_entries()
    last = json.loads(ORDER_FILE.read_text()) if ORDER_FILE.exists() else {"before": now, "left": now}
    killed = last["left"] is None  # it could not record how it left the file, to which DVC appends
    continues = now[: len(last["before"])] == last["before"] if killed else now == last["left"]
    return last["before"] if continues and set(now) <= {*last["before"], *planned} else now
