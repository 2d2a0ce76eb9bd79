"""Items made in a thread while the ones before are worked on."""

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], count: int) -> Iterator[Item]:
    """The same items in the same order; up to `count` are made before they are asked for.

    An exception of `items` is raised here, after the items before it. Leaving early ends the thread.
    """
    made: queue.SimpleQueue[tuple[Item | None, BaseException | None]] = queue.SimpleQueue()
    free, left = threading.Semaphore(count), threading.Event()
    thread = threading.Thread(target=_make, args=(items, made, free, left), daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            free.release()
            yield item  # type: ignore[misc]
    finally:
        left.set()
        free.release()
        thread.join()


def _make(
    items: Iterable[Item],
    made: "queue.SimpleQueue[tuple[Item | None, BaseException | None]]",
    free: threading.Semaphore,
    left: threading.Event,
) -> None:
    iterator = iter(items)
    try:
        while True:
            free.acquire()
            if left.is_set():
                return
            made.put((next(iterator), None))
    except BaseException as error:  # StopIteration, or what went wrong: the reader's business
        made.put((None, error))
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
