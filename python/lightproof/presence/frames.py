"""Frames as a session takes them in: checked against the frames before, and seen as an RGB picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import ClockError, FrameError
from lightproof.rigs.planes import unpadded_planes
from lightproof.rigs.protocol import Frame

_FROM_YUV = {"yuv420": cv2.COLOR_YUV2RGB_I420, "nv12": cv2.COLOR_YUV2RGB_NV12}


class FrameGate:
    """Lets frames of one size and format pass, in the order of time."""

    def __init__(self) -> None:
        self._first: Frame | None = None
        self._last_s = float("-inf")

    def check(self, frame: Frame) -> None:
        """Take note of a frame.

        Raises:
            FrameError: its size or format is not that of the first frame, or its memory does not hold its
            size.
            ClockError: it is not later than the frame before.
        """
        first = self._first = self._first or frame
        wanted = (first.pixel_format, first.width, first.height)
        if (frame.pixel_format, frame.width, frame.height) != wanted:
            raise FrameError(
                f"frame is {frame.pixel_format} {frame.width} x {frame.height}, the session began with "
                f"{wanted[0]} {wanted[1]} x {wanted[2]}; keep the camera's mode for a whole session"
            )
        _require_shape(frame)
        if not frame.sensor_time_s > self._last_s:
            raise ClockError(
                f"frame is stamped {frame.sensor_time_s:.6f} s, not after the frame before at "
                f"{self._last_s:.6f} s; the rig's clock must never go back: restart the camera"
            )
        self._last_s = frame.sensor_time_s


def rgb_picture(frame: Frame) -> NDArray[np.uint8]:
    """Return the frame as an RGB picture, (height, width, 3) uint8; RGB frames are not copied."""
    if frame.pixel_format == "rgb888":
        return frame.image
    if frame.pixel_format == "bgr888":
        return np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
    packed = np.ascontiguousarray(unpadded_planes(frame))
    return np.asarray(cv2.cvtColor(packed, _FROM_YUV[frame.pixel_format]), np.uint8)


def _require_shape(frame: Frame) -> None:
    shape = frame.image.shape
    if frame.pixel_format in ("rgb888", "bgr888"):
        right = shape == (frame.height, frame.width, 3)
        wanted = f"({frame.height}, {frame.width}, 3)"
    else:
        right = len(shape) == 2 and shape[0] == frame.height * 3 // 2 and shape[1] >= frame.width
        wanted = f"({frame.height * 3 // 2}, {frame.width} or more)"
    if not right or frame.image.dtype != np.uint8:
        raise FrameError(
            f"frame memory is {frame.image.dtype} of shape {shape}; {frame.pixel_format} of {frame.width} x "
            f"{frame.height} is uint8 of shape {wanted}"
        )
