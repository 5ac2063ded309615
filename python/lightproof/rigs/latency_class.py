"""How late a rig's own light can be, and how near to that it is.

The latency of a rig is measured with whatever lies between its screen and its camera, somebody's relay
included. Physics bounds it: a display shows what it was given within a few refreshes, and a camera's stamp is
off by a few frames. What is above that has something in between.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from lightproof.errors import DelayedPictureError
from lightproof.rigs.protocol import RigDescription

DIRECT_REFRESHES: Final = 2
"""One refresh is scanned out while the flip is reported, and a panel's scaler holds one more."""

DIRECT_FRAMES: Final = 1
"""Exposure and readout fit into one frame period: a stamp at either end of the frame is off by no more."""

MOST_REFRESHES: Final = 4
"""As :data:`DIRECT_REFRESHES`, and a compositor that holds two frames back (triple buffering)."""

MOST_FRAMES: Final = 3
"""As :data:`DIRECT_FRAMES`, and a driver that stamps at arrival and queues two frames."""


class LatencyClass(StrEnum):
    """How late a rig's light is, by what could delay it so much."""

    DIRECT = "direct"
    """At most :data:`DIRECT_REFRESHES` refreshes and :data:`DIRECT_FRAMES` frame periods."""
    BUFFERED = "buffered"
    """At most the ceiling: a compositor and a queue explain it, and so would a relay of a frame or two."""
    UNKNOWN = "unknown"
    """Never calibrated, or the rig does not tell its rates."""


def latency_ceiling_s(rig: RigDescription) -> float | None:
    """Return the longest latency that a screen and a camera have between them, in seconds.

    None if the rig does not tell its rates.
    """
    return _periods_s(rig, MOST_REFRESHES, MOST_FRAMES)


def latency_class(rig: RigDescription) -> LatencyClass:
    """Return the class of a rig's calibrated latency; one above the ceiling is refused before it is asked."""
    latency_s, direct_s = rig.calibration.latency_s, _periods_s(rig, DIRECT_REFRESHES, DIRECT_FRAMES)
    if latency_s is None or direct_s is None:
        return LatencyClass.UNKNOWN
    return LatencyClass.DIRECT if latency_s <= direct_s else LatencyClass.BUFFERED


def require_possible_latency(rig: RigDescription, latency_s: float | None) -> None:
    """Refuse a latency, in seconds, that this screen and this camera alone cannot have.

    Raises:
        DelayedPictureError: it is above :func:`latency_ceiling_s`.
    """
    ceiling_s = latency_ceiling_s(rig)
    if latency_s is None or ceiling_s is None or latency_s <= ceiling_s:
        return
    takes_ms, may_ms = math.ceil(1000 * latency_s), math.floor(1000 * ceiling_s)
    raise DelayedPictureError(
        f"the light takes {takes_ms} ms, and a screen of {rig.refresh_hz:.0f} Hz and a camera of "
        f"{rig.frame_rate_hz:.0f} frames a second need at most {may_ms} ms: something between "
        "the screen and the camera delays the picture; remove it (a video program, a capture device, a "
        "remote desktop) and calibrate again"
    )


def _periods_s(rig: RigDescription, refreshes: int, frames: int) -> float | None:
    if rig.refresh_hz <= 0 or rig.frame_rate_hz <= 0:
        return None
    return refreshes / rig.refresh_hz + frames / rig.frame_rate_hz
