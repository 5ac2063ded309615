"""Runs trials on the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.process import BaseProcess
from typing import Final

from lightproof.errors import LightproofError
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial

IN_FLIGHT_PER_WORKER: Final = 2
"""Trials handed out per worker: one that runs, and one ready so that nobody waits."""

_THREAD_LIMITS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by linear algebra libraries when they are loaded."""


class WorkersLostError(LightproofError, RuntimeError):
    """The workers are gone before the trials were finished."""


def in_processes(
    trials: Iterable[Trial], workers: int, run: RunTrial = run_trial
) -> Generator[TrialResult, None, None]:
    """Yield the results of trials as they come, from so many processes; they are ended if it is closed early.

    Raises:
        WorkersLostError: a process was killed, by the system for want of memory perhaps.
    """
    rest, others = iter(trials), set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _prepare)
    try:
        with _one_thread_each():
            waiting: set[Future[TrialResult]] = {
                pool.submit(run, trial) for trial in islice(rest, IN_FLIGHT_PER_WORKER * workers)
            }
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            waiting |= {pool.submit(run, trial) for trial in islice(rest, len(done))}
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise WorkersLostError(
            "a worker process was killed (for want of memory, perhaps); run the same command again to go on, "
            "with fewer --jobs"
        ) from error
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes that start meanwhile compute with one thread: the trials share the cores already."""
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
