"""The one clock of the desktop rig."""

from __future__ import annotations

import sys
import time
from typing import Literal


def clock_name() -> Literal["monotonic", "perf_counter"]:
    """Return which of Python's clocks the rig's is; ``time.get_clock_info`` knows it by this name."""
    return "perf_counter" if sys.platform == "win32" else "monotonic"


def now_s() -> float:
    """Return the rig's clock in seconds; it never goes back.

    On Linux it is CLOCK_MONOTONIC, by which drivers stamp frames. On Windows ``time.monotonic`` may step by
    16 ms (before Python 3.13), a frame of the screen, and ``time.perf_counter`` does not.
    """
    return time.perf_counter() if clock_name() == "perf_counter" else time.monotonic()
