"""Holds a webcam's exposure, gain and white balance by its V4L2 controls, and knows whether they are held."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Numbers of controls and of menu entries: linux/v4l2-controls.h (user controls from 0x00980900, camera
# controls from 0x009a0900). The kernel never renumbers them.
AUTO_WHITE_BALANCE = 0x0098090C
AUTO_GAIN = 0x00980912
GAIN = 0x00980913
WHITE_BALANCE_K = 0x0098091A
EXPOSURE_AUTO = 0x009A0901
EXPOSURE_ABSOLUTE = 0x009A0902
EXPOSURE_MAY_SLOW_FRAMES = 0x009A0903

EXPOSURE_MANUAL = 1
EXPOSURE_UNIT_S = 100e-6  # V4L2_CID_EXPOSURE_ABSOLUTE counts units of 100 microseconds

_SWITCHES: Mapping[int, int] = {EXPOSURE_AUTO: EXPOSURE_MANUAL, AUTO_GAIN: 0, AUTO_WHITE_BALANCE: 0}
"""Automatic -> the value that switches it off."""

_VALUES = (EXPOSURE_ABSOLUTE, GAIN, WHITE_BALANCE_K)

_ABSENT = (KeyError, OSError, ValueError, RuntimeWarning)
"""What linuxpy raises for a control that is not there, fails, or claims an impossible range."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the controls said; None where the camera has no such control or does not tell."""

    exposure_s: float | None
    gain: float | None
    white_balance_k: float | None
    locked: bool | None


@dataclass(slots=True)
class ExposureControls:
    """The controls of one open V4L2 device: a mapping from control number to an object with ``value``."""

    controls: Mapping[int, Any]
    _before: dict[int, int] = field(default_factory=dict)
    _held: dict[int, int] = field(default_factory=dict)

    def run_free(self) -> None:
        """Remember how the automatics were switched, and keep the exposure from slowing the frames down."""
        for number in (*_SWITCHES, EXPOSURE_MAY_SLOW_FRAMES):
            if (value := self._get(number)) is not None:
                self._before[number] = value
        self._set(EXPOSURE_MAY_SLOW_FRAMES, 0)

    def hold(self, exposure_s: float | None = None) -> None:
        """Switch every automatic off and write back the values that it had reached.

        Args:
            exposure_s: hold this exposure instead; the camera rounds it to what it can do.
        """
        reached = {number: self._get(number) for number in _VALUES}
        if exposure_s is not None:
            reached[EXPOSURE_ABSOLUTE] = max(1, round(exposure_s / EXPOSURE_UNIT_S))
        for number, off in _SWITCHES.items():
            self._set(number, off)
        for number, value in reached.items():
            if value is not None:
                self._set(number, value)
        self._held = {number: value for number in _VALUES if (value := self._get(number)) is not None}

    def provable(self) -> bool:
        """Return whether the camera tells if its exposure and its white balance are automatic."""
        return self._get(EXPOSURE_AUTO) is not None and self._get(AUTO_WHITE_BALANCE) is not None

    def settings(self) -> Settings:
        """Return what the controls say now.

        Locked is False if an automatic is on or a held value has moved, True if exposure and white balance
        can both be read back as held, None if the camera has no control to tell by.
        """
        now = {number: self._get(number) for number in _VALUES}
        switches = {number: self._get(number) for number in _SWITCHES}
        free = any(value is not None and value != _SWITCHES[number] for number, value in switches.items())
        moved = any(now[number] != value for number, value in self._held.items())
        exposure = now[EXPOSURE_ABSOLUTE]
        return Settings(
            exposure_s=None if exposure is None else exposure * EXPOSURE_UNIT_S,
            gain=_float(now[GAIN]),
            white_balance_k=_float(now[WHITE_BALANCE_K]),
            locked=False if free or moved else (True if self.provable() else None),
        )

    def restore(self) -> None:
        """Switch the automatics back as they were: a webcam keeps its controls for the next program."""
        for number, value in self._before.items():
            self._set(number, value)

    def _get(self, number: int) -> int | None:
        # Drivers fail single controls with EIO or EACCES: one that cannot be read counts as absent.
        with contextlib.suppress(*_ABSENT, TypeError):
            value = self.controls[number].value
            return None if value is None else int(value)
        return None

    def _set(self, number: int, value: int) -> None:
        # What cannot be set shows when it is read back. linuxpy raises AttributeError for a read-only
        # control.
        with contextlib.suppress(*_ABSENT, AttributeError):
            self.controls[number].value = value


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)
