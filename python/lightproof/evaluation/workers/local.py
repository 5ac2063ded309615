"""Runs trials, and other work that is cut into tasks, on the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Final

from lightproof.errors import LightproofError
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial
from lightproof.evaluation.workers.in_flight import Done, Task, as_they_come

_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by linear algebra libraries when they are loaded."""


class WorkersLostError(LightproofError, RuntimeError):
    """The workers are gone before the work was finished."""


def in_processes(
    trials: Iterable[Trial], workers: int, run: RunTrial = run_trial
) -> Generator[TrialResult, None, None]:
    """Yield the results of trials as they come; see :func:`each_in_processes`."""
    return each_in_processes(trials, workers, run)


def each_in_processes(
    tasks: Iterable[Task], workers: int, run: Callable[[Task], Done]
) -> Generator[Done, None, None]:
    """Yield the results of tasks as they come, from several processes, which are ended if it is closed early.

    ``run`` is a function of a module, so that other processes find it.

    Raises:
        WorkersLostError: a process was killed, perhaps by the system because memory ran out.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _prepare)

    def submit(task: Task) -> Future[Done]:
        with _one_thread_each():  # the first task starts the processes
            return pool.submit(run, task)

    try:
        yield from as_they_come(tasks, submit, lambda: workers)
    except BrokenProcessPool as error:
        raise WorkersLostError(
            "a worker process was killed (perhaps because memory ran out); run the same command again, "
            "with fewer --jobs"
        ) from error
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def in_order(tasks: Sequence[Task], workers: int, run: Callable[[Task], Done]) -> list[Done]:
    """Return the results of tasks in their order; see :func:`each_in_processes`."""
    with closing(each_in_processes(enumerate(tasks), workers, partial(_numbered, run))) as results:
        done = dict(results)
    return [done[number] for number in range(len(tasks))]


def _numbered(run: Callable[[Task], Done], numbered: tuple[int, Task]) -> tuple[int, Done]:
    return numbered[0], run(numbered[1])


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes that start meanwhile compute with one thread: the tasks share the cores already."""
    limited = [name for name in _THREAD_LIMITS if name not in os.environ]
    os.environ.update(dict.fromkeys(limited, "1"))
    try:
        yield
    finally:
        for name in limited:
            del os.environ[name]


def _prepare() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
