"""Items computed in a background thread while the ones before are in use."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterable[Item], count: int) -> Generator[Item]:
    """The same items in the same order; up to `count` are computed ahead of their use.

    An exception of `items` is raised here, after the items before it. Leaving early, or `close`, ends the thread.
    """
    ready: queue.SimpleQueue[tuple[Item | None, BaseException | None]] = queue.SimpleQueue()
    free, stopped = threading.Semaphore(count), threading.Event()
    thread = threading.Thread(target=_produce, args=(items, ready, free, stopped), daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            free.release()
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        free.release()
        thread.join()


def _produce(
    items: Iterable[Item],
    ready: "queue.SimpleQueue[tuple[Item | None, BaseException | None]]",
    free: threading.Semaphore,
    stopped: threading.Event,
) -> None:
    iterator = iter(items)
    try:
        while True:
            free.acquire()
            if stopped.is_set():
                return
            ready.put((next(iterator), None))
    except BaseException as error:  # StopIteration or a failure: the consumer handles both
        ready.put((None, error))
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
