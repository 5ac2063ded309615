"""Waiting for something to happen, however slow the machine: no test assumes how long anything takes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 600.0
"""After this a test says that what must happen did not; only a test that fails ever waits so long."""

_POLL_S: Final = 0.005

GATE_VARIABLE: Final = "LIGHTPROOF_TEST_GATE"
"""Names the file of the gate in every process."""


def wait_until(happened: Callable[[], bool]) -> None:
    """Return when it has happened; fail after :data:`PATIENCE_S`."""
    until_s = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until_s, "it did not happen"
        time.sleep(_POLL_S)


def hear_ctrl_c() -> None:
    """Have the process that is about to start hear Ctrl-C, as its ``preexec_fn``.

    What runs in the background of a shell ignores it, and so would everything that it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def pass_the_gate() -> None:
    """Let the first who comes through, from whatever process, and hold all others until the gate is opened.

    A campaign is so stopped in the middle, whatever it is that takes the time.
    """
    gate = Path(os.environ[GATE_VARIABLE])
    try:
        gate.with_suffix(".passed").touch(exist_ok=False)
    except FileExistsError:
        wait_until(gate.exists)
