"""A webcam by OpenCV, for systems without linuxpy: no driver's stamps and no proof of a lock."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import numpy as np

from lightproof.errors import CameraLostError, RigError
from lightproof.native_stderr import quiet_libraries
from lightproof.rigs.desktop.camera import (
    WANTED_RATE_HZ,
    WANTED_SIZE,
    CameraDevice,
    camera_error,
)
from lightproof.rigs.desktop.clock import now_s
from lightproof.rigs.desktop.unreadable import UnreadablePictures
from lightproof.rigs.protocol import CameraMetadata, Frame

_MANUAL_EXPOSURE = 1  # OpenCV hands this value to V4L2_CID_EXPOSURE_AUTO: manual


class OpenCvCamera:
    """A :class:`~lightproof.rigs.desktop.camera.Camera` whose frames are stamped when they arrive.

    A frame arrives when its last row was read, so its exposure is taken to start two periods earlier: one
    for an exposure that is unknown, one for the readout. The error of that is constant except for the jitter
    of the operating system, and the calibrated latency absorbs the constant.
    """

    def __init__(self, device: CameraDevice) -> None:
        """Take the device; nothing is opened yet."""
        self._device = device
        self._capture: Any = None
        self._rate_hz = WANTED_RATE_HZ
        self._sequence = 0
        self._unreadable = UnreadablePictures(self._who)

    @property
    def name(self) -> str:
        """The name that the driver gives."""
        return self._device.name

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second as OpenCV has them; nominal before ``open``."""
        return self._rate_hz

    def open(self) -> None:
        """Open the device and ask for 1280x720 at 30 Hz."""
        cv2 = importlib.import_module("cv2")
        self._explain_refusal()
        with quiet_libraries():
            if sys.platform == "linux":
                capture = cv2.VideoCapture(str(self._device.path), cv2.CAP_V4L2)
            else:
                capture = cv2.VideoCapture(int(self._device.path.name), cv2.CAP_ANY)
        if not capture.isOpened():
            raise RigError(f"camera {self._who} cannot be opened; close other programs that use it")
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, WANTED_SIZE[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, WANTED_SIZE[1])
        capture.set(cv2.CAP_PROP_FPS, WANTED_RATE_HZ)
        rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
        self._rate_hz = rate_hz if rate_hz > 0 else WANTED_RATE_HZ
        self._capture = capture

    def lock(self) -> None:
        """Ask for manual exposure and white balance; OpenCV cannot tell whether it worked."""
        cv2 = importlib.import_module("cv2")
        self._capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL_EXPOSURE)
        self._capture.set(cv2.CAP_PROP_AUTO_WB, 0)

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame as packed BGR; OpenCV waits as long as it likes for it."""
        if self._capture is None:
            raise CameraLostError(f"camera {self._who} is closed; start over")
        grabbed = self._capture.grab()
        arrival_s = now_s()
        if not grabbed:
            raise CameraLostError(f"camera {self._who} stopped delivering; plug it in again and start over")
        decoded: Any = self._capture.retrieve()[1]
        if decoded is None:
            self._unreadable.note("by OpenCV")
            return None
        self._unreadable.forget()
        self._sequence += 1
        period_s = 1 / self._rate_hz
        image = np.array(decoded, np.uint8)  # a copy: OpenCV may use its memory again
        height, width = image.shape[:2]
        return Frame(
            image,
            "bgr888",
            width,
            height,
            arrival_s - 2 * period_s,
            period_s,
            period_s,
            CameraMetadata(locked=None, sequence=self._sequence),
            arrived_s=arrival_s,
        )

    def close(self) -> None:
        """Let go of the device."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    @property
    def _who(self) -> str:
        return f"{self._device.name!r} ({self._device.path})"

    def _explain_refusal(self) -> None:
        """Open the device node once, to raise the typed error where OpenCV only reports that it is closed."""
        if sys.platform != "linux":  # elsewhere a camera is a number and not a file
            return
        try:
            os.close(os.open(self._device.path, os.O_RDWR | os.O_NONBLOCK))
        except OSError as error:
            raise camera_error(self._device, error, streaming=False) from error
