"""Runs trials on the cores of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.process import BaseProcess
from typing import Final

from lightproof.errors import LightproofError
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial

IN_FLIGHT_PER_WORKER: Final = 2
"""Trials handed out per worker: one that runs, and one ready so that nobody waits."""


class WorkersLostError(LightproofError, RuntimeError):
    """The workers are gone before the trials were finished."""


def in_processes(trials: Iterable[Trial], workers: int, run: RunTrial = run_trial) -> Iterator[TrialResult]:
    """Yield the results of trials as they come, from so many processes.

    Raises:
        WorkersLostError: a process was killed, by the system for want of memory perhaps.
    """
    rest = iter(trials)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _prepare)
    try:
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
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
