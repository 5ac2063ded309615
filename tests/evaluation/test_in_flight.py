"""Tasks are taken one by one, and never more than the workers will soon have room for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from lightproof.evaluation.workers.in_flight import IN_FLIGHT_PER_WORKER, as_they_come


def test_no_more_tasks_are_taken_than_the_workers_have_room_for() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(3) as pool:
        for done, _ in enumerate(as_they_come(tasks(), lambda number: pool.submit(abs, number), lambda: 3)):
            assert len(taken) - done <= 3 * IN_FLIGHT_PER_WORKER
    assert taken == list(range(20))


def test_every_task_comes_back_once_although_workers_come_and_go() -> None:
    counts = iter([0, 2, 0, 5, 1] * 10)
    with ThreadPoolExecutor(2) as pool:
        done = list(as_they_come(range(15), lambda number: pool.submit(abs, -number), lambda: next(counts)))
    assert sorted(done) == list(range(15))


def test_without_tasks_nothing_is_waited_for() -> None:
    assert list(as_they_come([], lambda task: Future(), lambda: 4)) == []


def test_what_a_task_ended_with_is_raised() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(as_they_come([0], lambda number: pool.submit(lambda: 1 // number), lambda: 1))
