"""The camera's clock: are its stamps seconds, on the clock of this rig, and can its exposures be true?

A driver that counts in milliseconds, or from another moment, makes every light too late or too early. The
times at which frames arrive are read from the rig's own clock, and tell before anybody is lit.
"""

from __future__ import annotations

from typing import Final

from lightproof.rigs.protocol import Frame

SEEN_S: Final = 0.3
"""How long frames have to come before anything is said: a queue that is emptied at the start says nothing."""

_MAX_RATE_RATIO: Final = 10.0
"""Seconds by the stamps over seconds of arrival. Units differ by a thousand, or by 90,000 as the ticks of a
video clock; an emptied queue of eight frames doubles it."""

_EARLIEST_S, _LATEST_S = -0.25, 2.0
"""Arrival after the end of a frame: a stamp of the first packet makes it negative by a frame at most, and
nobody waits two seconds for a picture of a camera that works."""

_MAX_EXPOSURE_SHARE: Final = 2.0
"""Exposure over the time between frames: longer than one of them none can be, and one may have been lost."""

_MIN_EXPOSURE_S: Final = 20e-6
"""No face in a room is exposed so briefly: it is one row of an IMX219 (datasheet, 18.9 µs)."""


class CameraClock:
    """Compares the stamps of frames with their arrival."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._frames = 0

    def is_wrong(self, frame: Frame) -> bool | None:
        """Return whether the times of a frame cannot be true; None while too little has come to tell."""
        if frame.arrived_s is None or frame.delivery_s is None:
            return None
        if self._first is None:
            self._first = frame.sensor_time_s, frame.arrived_s
        self._frames += 1
        stamped_s, arrived_s = (
            now_s - first_s
            for now_s, first_s in zip((frame.sensor_time_s, frame.arrived_s), self._first, strict=True)
        )
        if arrived_s < SEEN_S:
            return None
        rate = stamped_s / arrived_s
        period_s = arrived_s / (self._frames - 1)
        return not (
            1 / _MAX_RATE_RATIO <= rate <= _MAX_RATE_RATIO
            and _EARLIEST_S <= frame.delivery_s <= _LATEST_S
            and _MIN_EXPOSURE_S <= frame.exposure_s <= _MAX_EXPOSURE_SHARE * period_s
        )
