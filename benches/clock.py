"""How things are timed here: processor time of this thread, the best of many, and where it was measured.

The best and not the mean: everything that disturbs a measurement makes it longer. One thread: NumPy's and
OpenCV's own are
switched off before they are imported, so import this module first.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import cv2  # noqa: E402
import numpy as np  # noqa: E402

cv2.setNumThreads(1)


def best_s(*works: Callable[[], object], seconds: float = 1.0) -> list[float]:
    """Return the least processor time in seconds of each of ``works``, run in turns for about ``seconds``
    each."""
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
    """Return the processor time in seconds of copying so many bytes: the floor that memory sets."""
    source = np.ones(bytes_moved, np.uint8)
    target = np.empty_like(source)
    return best_s(lambda: np.copyto(target, source), seconds=seconds)[0]


def where() -> str:
    """Return the processor, how many there are, how busy they are, and the day."""
    name = platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    versions = f"NumPy {np.__version__}, OpenCV {cv2.__version__}"
    return f"{name}, {cores} cores, load {load:.1f}, {versions}, {datetime.now(UTC):%Y-%m-%d}"
