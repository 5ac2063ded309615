"""Where the command begins: before anything heavy is imported.

Ctrl-C while modules load ends the process at once with 130, as shells expect, and without a word: nothing has
begun, and an interrupt inside the import of a compiled module is a page of traceback. While a session or a
campaign runs, Ctrl-C unwinds it even if a module loads meanwhile (see
:func:`lightproof.cli.progress.unwinding_when_asked_to_end`).
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Final

_INTERRUPTED_STATUS: Final = 130

_IMPORT_SYSTEM: Final = "<frozen importlib._bootstrap>"


def main() -> int:
    """Run the command line and return its exit status."""
    # Where it is ignored, as in the background of a shell script, it stays ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)
    from lightproof import cli

    try:
        return cli.main()
    except KeyboardInterrupt:  # before any command had begun
        return _INTERRUPTED_STATUS


def _interrupted(number: int, frame: FrameType | None) -> None:
    """End quietly while a module is imported; raise KeyboardInterrupt otherwise."""
    where = frame
    while where is not None:
        if where.f_code.co_filename == _IMPORT_SYSTEM:
            os._exit(_INTERRUPTED_STATUS)
        where = where.f_back
    signal.default_int_handler(number, frame)
