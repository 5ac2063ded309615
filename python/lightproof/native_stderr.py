"""Keeps what compiled libraries log off standard error: whoever calls Lightproof did not ask for it.

TensorFlow Lite tells which delegate it made, libjpeg and libpng what is wrong with a picture that our own
error names anyway; none of them can be asked to be quiet. Only their own lines are dropped. Whatever else is
written meanwhile, by other threads or by Python, comes out when it is over.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_STDERR: Final = 2

_NATIVE: Final = re.compile(
    rb"(?:INFO: |WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:\d\d\.\d+|VERBOSE: "
    rb"|\[ ?(?:WARN|INFO|ERROR):\d+@|libpng (?:warning|error)|Corrupt JPEG data|Premature end of JPEG"
    rb"|Invalid SOS parameters|Unsupported marker type)[^\n]*\n?"
)
"""Lines of TensorFlow Lite, absl, OpenCV, libpng and libjpeg."""

_one_at_a_time = threading.RLock()


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Drop the log lines of compiled libraries that are written during the body."""
    with _one_at_a_time:
        try:
            kept = os.dup(_STDERR)
        except OSError:  # standard error is closed
            yield
            return
        try:
            with tempfile.TemporaryFile(buffering=0) as written:
                _flush()
                os.dup2(written.fileno(), _STDERR)
                try:
                    yield
                finally:
                    _flush()
                    os.dup2(kept, _STDERR)
                    written.seek(0)
                    _pass_on(written.read())
        finally:
            os.close(kept)


def _pass_on(written: bytes) -> None:
    others = b"".join(
        line for line in written.splitlines(keepends=True) if not _NATIVE.fullmatch(line) and line.strip()
    )
    while others:
        others = others[os.write(_STDERR, others) :]


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):  # it may be closed, or None
        sys.stderr.flush()
