"""A rig that looks at a grey card lit by the screen, in a room of its own, on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.rigs import Calibration, CameraMetadata, Frame, Geometry, RigDescription, RigOptions

WIDTH, HEIGHT = 320, 240
FRAME_RATE_HZ = 30.0
REFRESH_HZ = 60.0
EXPOSURE_S = 0.010
READOUT_S = 0.020
ROOM_LIGHT = 0.2
"""Light of the room on the card, where the whole screen in white gives 0.03; full scale is 1."""
SCREEN_LIGHT = 0.03


class GreyCardRig:
    """Shows illuminations to a grey card of so much reflectance, 0 to 1."""

    def __init__(self, reflectance: float) -> None:
        self._reflectance = reflectance
        self._now_s = 0.0
        self._illumination = np.zeros((4, 3), np.uint8)
        self._sequence = 0
        self._noise = np.random.default_rng(0)

    @property
    def description(self) -> RigDescription:
        """What a session has to know: the latency is nought, since nothing is real."""
        return RigDescription(
            name="a grey card",
            kind="other",
            geometry=Geometry(screen_m=(0.29, 0.18), camera_m=(0.0, 0.10, 0.0), focal_px=400.0),
            calibration=Calibration(latency_s=0.0),
            frame_rate_hz=FRAME_RATE_HZ,
            refresh_hz=REFRESH_HZ,
        )

    def __enter__(self) -> Self:
        """Hold the hardware, of which there is none."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Let go of it."""

    def now_s(self) -> float:
        """Return the virtual clock in seconds."""
        return self._now_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show four sRGB colours at the next refresh from ``at_s`` on, and return when."""
        wanted_s = self._now_s if at_s is None else max(at_s, self._now_s)
        self._now_s = np.ceil(wanted_s * REFRESH_HZ) / REFRESH_HZ
        self._illumination = illumination.copy()
        return float(self._now_s)

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield a frame each 1/30 s until the clock reaches ``until_s``."""
        while self._now_s + 1 / FRAME_RATE_HZ <= until_s:
            self._now_s += 1 / FRAME_RATE_HZ
            self._sequence += 1
            yield self._frame()
        self._now_s = max(self._now_s, until_s)

    def say(self, message: str) -> None:
        """Show nothing: there is nobody to read it."""

    def _frame(self) -> Frame:
        screen = (self._illumination.mean(axis=0) / 255) ** 2.2
        light = np.clip(self._reflectance * (ROOM_LIGHT + SCREEN_LIGHT * screen), 0, 1)
        noise = self._noise.standard_normal((HEIGHT, WIDTH, 3))  # without it the camera would seem frozen
        image = np.clip(np.round(255 * light ** (1 / 2.2) + noise), 0, 255).astype(np.uint8)
        locked = CameraMetadata(gain=1.0, white_balance=(1.0, 1.0), locked=True, sequence=self._sequence)
        begun_s = self._now_s - EXPOSURE_S - READOUT_S
        return Frame(image, "rgb888", WIDTH, HEIGHT, begun_s, EXPOSURE_S, READOUT_S, locked)


def open_rig(options: RigOptions) -> GreyCardRig:
    """Return the rig; the setting ``reflectance`` is that of the card, 0.18 where nothing is said."""
    settings = dict(options.settings)
    text = settings.pop("reflectance", "0.18")
    if settings:
        raise InputError(f"setting {min(settings)!r} is unknown to the grey card; it knows reflectance")
    try:
        reflectance = float(text)
    except ValueError as error:
        raise InputError(f"reflectance={text!r} is not a number; give one from 0 to 1") from error
    if not 0 <= reflectance <= 1:
        raise InputError(f"reflectance={text} is outside 0 to 1")
    return GreyCardRig(reflectance)
