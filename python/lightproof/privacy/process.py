"""The process of a session: what it frees is overwritten, and nobody gets a copy of its memory.

A picture passes through the memory of NumPy, OpenCV and the network runtime, which free it as it is. While a
session runs, the C library overwrites whatever is freed, no core dump is written, no other process of the
user may read the memory, and it is not swapped where that is permitted. What was set before is set again
after the last session of the process.

All of this is asked for and none required: a system that has not got it runs sessions as well. The
overwriting needs glibc, the rest Linux, core dumps any Unix.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

if sys.platform != "win32":
    import resource

_M_PERTURB: Final = -6
"""mallopt(3): freed memory is filled with the low byte of the value, and memory that is allocated with its
complement. glibc 2.36 leaves up to seven freed blocks of each size up to 1,032 bytes as they are in every
thread, so embeddings, which are as small, are overwritten by name."""
_FILLED_WITH: Final = 0xFF
"""Freed memory is ones, new memory zeros."""

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4  # prctl(2), linux/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # mlockall(2); the same numbers on x86 and ARM


@dataclass(frozen=True, slots=True)
class Protection:
    """What protects the memory of a session in this process."""

    wipes_freed: bool
    no_core_dump: bool
    unreadable: bool
    not_swapped: bool


_lock = threading.Lock()
_running = 0
_protection = Protection(False, False, False, False)
_restore: list[Callable[[], object]] = []


@contextmanager
def private_process() -> Iterator[Protection]:
    """Protect the memory of this process while a session runs; sessions may run beside each other.

    Example::

        with private_process(), BiometricScope() as scope:
            ...
    """
    global _running, _protection
    with _lock:
        if _running == 0:
            _protection = _protect()
        _running += 1
        protection = _protection
    try:
        yield protection
    finally:
        with _lock:
            _running -= 1
            if _running == 0:
                while _restore:
                    _restore.pop()()


def _protect() -> Protection:
    """Protect what this system lets, and note how to undo it."""
    if not sys.platform.startswith("linux"):
        return Protection(False, _without_core_dumps(), False, False)
    library = ctypes.CDLL(None, use_errno=True)
    return Protection(
        wipes_freed=_wiping(library),
        no_core_dump=_without_core_dumps(),
        unreadable=_unreadable(library),
        not_swapped=_locked(library),
    )


def _wiping(library: Any) -> bool:
    set_option = getattr(library, "mallopt", None)
    if set_option is None or not hasattr(library, "gnu_get_libc_version"):
        return False  # musl has no such option
    if set_option(_M_PERTURB, _FILLED_WITH) != 1:
        return False
    _restore.append(lambda: set_option(_M_PERTURB, 0))
    return True


def _without_core_dumps() -> bool:
    if sys.platform == "win32":
        return False
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    _restore.append(lambda: resource.setrlimit(resource.RLIMIT_CORE, (soft, hard)))
    return True


def _unreadable(library: Any) -> bool:
    """Make the process one that nobody but root may trace, nor read in ``/proc/PID/mem``."""
    before = library.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        return False
    if before == 1:  # what was not dumpable stays so, and a process cannot ask for 2
        _restore.append(lambda: library.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0))
    return True


def _locked(library: Any) -> bool:
    """Keep the memory off the swap where there is no limit on it, so that nothing fails for want of more."""
    if sys.platform == "win32":
        return False
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if soft != resource.RLIM_INFINITY and os.geteuid() != 0:
        return False
    if library.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        return False
    _restore.append(library.munlockall)
    return True
