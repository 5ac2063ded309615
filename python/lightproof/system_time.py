"""Is this device's clock behind? A computer without a battery for its clock begins in the past.

A result is signed with the time of this clock, and whoever relies on it compares that with their own: one
that was signed in the past has expired on arrival.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

SOFTWARE_S: Final = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
"""No right clock shows a time before this software was released; set at each release."""

_TOLERANCE_S: Final = 60
"""A clock that was set right by less than this in between says nothing."""


def clock_complaint(key_made_s: float | None = None, now_s: float | None = None) -> str | None:
    """Return in one sentence that the clock is behind and what to do, None if nothing shows that it is.

    Args:
        key_made_s: when the file of the device key was written, in seconds since the epoch; None if unknown.
        now_s: what the clock says, in seconds since the epoch; asked if None.
    """
    now = time.time() if now_s is None else now_s
    for at_least_s, what in (
        (SOFTWARE_S, "this software was released"),
        (key_made_s, "the device key was made"),
    ):
        if at_least_s is not None and now < at_least_s - _TOLERANCE_S:
            return (
                f"this device's clock is behind: it says {_told(now)}, and {what} on {_told(at_least_s)}; "
                "set it (timedatectl set-ntp true), or others refuse signed results as expired"
            )
    return None


def _told(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M} UTC"
