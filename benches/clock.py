"""How things are timed here: processor time of this thread, the best of many.

The best and not the mean: everything that disturbs a measurement makes it longer. NumPy, OpenCV and their
linear algebra get one thread each when this module is loaded.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

cv2.setNumThreads(1)
_LIMITS = threadpool_limits(1)  # in force as long as the process runs


def best_s(*works: Callable[[], object], seconds: float = 1.0) -> list[float]:
    """Return the least processor time in seconds of each work, run in turns for about ``seconds`` each."""
    least = [float("inf")] * len(works)
    for work in works:
        work()
    end_s = time.monotonic() + seconds * len(works)
    while time.monotonic() < end_s:
        for k, work in enumerate(works):
            before_ns = time.thread_time_ns()
            work()
            least[k] = min(least[k], (time.thread_time_ns() - before_ns) / 1e9)
    return least


def copy_s(bytes_moved: int, seconds: float = 0.3) -> float:
    """Return the processor time in seconds of copying this number of bytes: the floor that memory sets."""
    source = np.ones(bytes_moved, np.uint8)
    target = np.empty_like(source)
    return best_s(lambda: np.copyto(target, source), seconds=seconds)[0]


def conditions() -> list[str]:
    """Return what the times depend on besides the machine: how busy it is, and the rivals' versions."""
    return [f"load {os.getloadavg()[0]:.1f}", f"NumPy {np.__version__}", f"OpenCV {cv2.__version__}"]
