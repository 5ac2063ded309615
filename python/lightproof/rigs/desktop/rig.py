"""The desktop rig: a webcam and a full-screen window on one clock."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError, RigError
from lightproof.privacy.forget import overwrite
from lightproof.rigs.calibration_store import load_calibration
from lightproof.rigs.desktop.camera import Camera, CameraDevice, choose_device, in_colour_by_name
from lightproof.rigs.desktop.clock import now_s
from lightproof.rigs.desktop.feed import LOST_AFTER_S, Feed
from lightproof.rigs.desktop.opencv import OpenCvCamera
from lightproof.rigs.desktop.screen import screen_size_m
from lightproof.rigs.desktop.v4l2 import V4l2Camera, sees_colour
from lightproof.rigs.desktop.window import EVENT_INTERVAL_S, LightWindow
from lightproof.rigs.protocol import Calibration, Frame, Geometry, RigDescription, RigOptions

_SCREEN_SETTING = "screen_cm"
_SETTLE_S = 1.0  # webcams need about 20 frames to find their exposure
_CAMERA_ABOVE_SCREEN_M = 0.008  # in a laptop's lid


class DesktopRig:
    """A webcam above a screen, or any other :class:`~lightproof.rigs.desktop.camera.Camera` beside it.

    Entering covers the screen with neutral grey, starts the camera, lets its automatics settle on whoever is
    there in that light, then locks exposure, gain and white balance for as long as the rig is open. Up to 24
    frames are kept while nobody asks for them; older ones are lost, which shows in their sequence numbers.
    Use it from the main thread.

    Example::

        with DesktopRig(MyCamera()) as rig:
            flip_s = rig.show(illumination)
            for frame in rig.frames(until_s=flip_s + 0.2):
                ...
    """

    def __init__(
        self,
        camera: Camera,
        *,
        geometry: Geometry | None = None,
        calibration: Calibration | None = None,
        settle_s: float = _SETTLE_S,
    ) -> None:
        """Combine a camera with the screen of this desktop.

        Args:
            camera: not yet opened.
            geometry: the screen's own size with the camera above its centre if None.
            calibration: what is stored for this camera if None; its latency is None if nothing is.
            settle_s: how long the camera's automatics run before they are locked.

        Raises:
            InputError: the stored calibration is damaged.
        """
        if calibration is None:
            stored = load_calibration(camera.name)
            calibration = Calibration() if stored is None else stored.calibration
        self._camera = camera
        self._geometry = _laptop_geometry(screen_size_m()) if geometry is None else geometry
        self._calibration = calibration
        self._settle_s = settle_s
        self._window = LightWindow()
        self._feed: Feed | None = None

    @property
    def description(self) -> RigDescription:
        """Name, geometry and calibration; the rates are nominal before the rig is entered."""
        return RigDescription(
            name=f"desktop, {self._camera.name}",
            kind="desktop",
            geometry=self._geometry,
            calibration=self._calibration,
            frame_rate_hz=self._camera.frame_rate_hz,
            refresh_hz=self._window.refresh_hz,
        )

    @property
    def camera_name(self) -> str:
        """Name of the camera, under which its calibration is kept."""
        return self._camera.name

    def __enter__(self) -> Self:
        try:
            self._window.open()
            self._camera.open()
            self._settle()
            self._camera.lock()
            self._feed = Feed(self._camera)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._close()

    def now_s(self) -> float:
        """Return the desktop's clock in seconds."""
        return now_s()

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show four sRGB colours, shape (4, 3), quadrants TL TR BL BR; return when the flip was done.

        Raises:
            SessionInterrupted: the person pressed Escape or closed the window, or the window was hidden.
        """
        return self._window.show(illumination, at_s)

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield frames, those that waited first, until the clock reaches ``until_s``; the others wait on.

        Raises:
            CameraLostError: the camera was unplugged, failed, or has been silent for two seconds.
            ClockError: the camera's stamps went back or are not of this clock.
            SessionInterrupted: the person pressed Escape or closed the window, or the window was hidden.
        """
        if self._feed is None:
            raise RigError("the rig is not open; use it as a context manager")
        while (remaining_s := until_s - self.now_s()) > 0:
            self._window.check_events()
            if (frame := self._feed.take(min(remaining_s, EVENT_INTERVAL_S))) is not None:
                yield frame

    def say(self, message: str) -> None:
        """Show one line of guidance at the lower edge of the screen until the next call."""
        self._window.say(message)

    def _settle(self) -> None:
        """Let the automatics run for a while, but at least until the first frame has come."""
        start_s = self.now_s()
        seen = False
        while (passed_s := self.now_s() - start_s) < self._settle_s or (not seen and passed_s < LOST_AFTER_S):
            self._window.check_events()
            if (frame := self._camera.read(EVENT_INTERVAL_S)) is not None:
                overwrite(frame.image)
                seen = True

    def _close(self) -> None:
        feed, self._feed = self._feed, None
        try:
            if feed is not None:
                feed.stop()
        finally:
            self._camera.close()
            self._window.close()


def open_camera(device: CameraDevice) -> Camera:
    """Return the camera of a device, not yet opened: by V4L2 where linuxpy is installed, else by OpenCV."""
    return V4l2Camera(device) if _has_linuxpy() else OpenCvCamera(device)


def _has_linuxpy() -> bool:
    return sys.platform == "linux" and importlib.util.find_spec("linuxpy") is not None


def open_rig(options: RigOptions) -> DesktopRig:
    """Return the rig of this desktop with the camera that ``options.camera`` names, or the first in colour.

    The setting ``screen_cm``, such as ``34x19``, says how large the screen is where it does not tell itself.

    Raises:
        CameraNotFoundError: there is no such camera.
        InputError: a setting is unknown or wrong, or the stored calibration is damaged.
    """
    if unknown := sorted(set(options.settings) - {_SCREEN_SETTING}):
        raise InputError(f"setting {unknown[0]!r} is unknown to the desktop rig; it knows {_SCREEN_SETTING}")
    size = options.settings.get(_SCREEN_SETTING)
    size_m = screen_size_m() if size is None else _size_from_cm(size)
    device = choose_device(options.camera, sees_colour=sees_colour if _has_linuxpy() else in_colour_by_name)
    return DesktopRig(open_camera(device), geometry=_laptop_geometry(size_m))


def _laptop_geometry(size_m: tuple[float, float]) -> Geometry:
    return Geometry(size_m, (0.0, size_m[1] / 2 + _CAMERA_ABOVE_SCREEN_M, 0.0))


def _size_from_cm(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)x(\d{1,3}(?:\.\d+)?)", text)
    width_m, height_m = (float(found[1]) / 100, float(found[2]) / 100) if found else (0.0, 0.0)
    if not width_m or not height_m:
        raise InputError(
            f"{_SCREEN_SETTING}={text!r} is not a size; write width x height in centimetres, as 34x19"
        )
    return width_m, height_m
