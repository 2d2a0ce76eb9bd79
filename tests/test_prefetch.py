"""Items made ahead are the same items, few at a time; errors and early leave-taking pass through."""

import threading
import time

import pytest

from psl.runtime.prefetch import prefetch


@pytest.mark.parametrize("count", [1, 3])
def test_same_items_in_the_same_order(count):
    assert list(prefetch(range(50), count)) == list(range(50))


def test_no_more_are_made_than_asked_for():
    made = []
    items = prefetch((made.append(n) or n for n in range(100)), 2)
    for taken in range(1, 5):
        next(items)
        time.sleep(0.02)
        assert len(made) <= taken + 2
    items.close()


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("broken")

    got = prefetch(items(), 2)
    assert next(got) == 1
    with pytest.raises(ValueError, match="broken"):
        next(got)


def test_leaving_early_ends_the_thread():
    before = threading.active_count()
    for _ in prefetch(iter(int, 1), 2):
        break
    assert threading.active_count() == before


def test_items_are_made_while_others_are_worked_on():
    began = time.monotonic()
    for _ in prefetch((time.sleep(0.05) for _ in range(6)), 2):
        time.sleep(0.05)
    assert time.monotonic() - began < 0.5
