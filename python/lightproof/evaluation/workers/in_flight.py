"""Hands tasks to an executor, few at a time, and yields what becomes of them as it comes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice
from typing import Final, TypeVar

Task = TypeVar("Task")
Done = TypeVar("Done")

IN_FLIGHT_PER_WORKER: Final = 2
"""Tasks handed out per worker: one that runs, and one ready so that nobody waits."""


def as_they_come(
    tasks: Iterable[Task], submit: Callable[[Task], Future[Done]], workers: Callable[[], int]
) -> Generator[Done, None, None]:
    """Yield what becomes of tasks, in any order; a task is taken only when a worker will soon be free.

    Args:
        tasks: may be drawn one by one, as none is held here longer than it runs.
        submit: hands a task to an executor.
        workers: returns how many there are now; they may come and go.

    Raises:
        Exception: whatever a task ended with.
    """
    rest = iter(tasks)
    waiting: set[Future[Done]] = set()
    while True:
        free = IN_FLIGHT_PER_WORKER * workers() - len(waiting)
        waiting |= {submit(task) for task in islice(rest, max(free, 0 if waiting else 1))}
        if not waiting:
            return
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()
