"""How many processor cores this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Return the cores that this process may run on, at least 1; fewer in a container."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux; elsewhere a process may use every core
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
