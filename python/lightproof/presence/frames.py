"""The gate by which frames come into a session: checked against the frames before."""

from __future__ import annotations

import numpy as np

from lightproof.errors import ClockError, FrameError
from lightproof.rigs.protocol import Frame


class FrameGate:
    """Lets frames of one size, format and coding pass, in the order of time."""

    def __init__(self) -> None:
        self._mode: str | None = None
        self._last_s = float("-inf")

    def check(self, frame: Frame) -> None:
        """Take note of a frame.

        Raises:
            FrameError: its size, format or coding is not that of the first frame, or its memory does not
                hold its size or cannot be overwritten.
            ClockError: it is not later than the frame before.
        """
        mode = _mode(frame)
        self._mode = self._mode or mode
        if mode != self._mode:
            raise FrameError(
                f"frame is {mode}, the session began with {self._mode}; "
                "keep the camera's mode for a whole session"
            )
        _require_shape(frame)
        _require_writeable(frame)
        if not frame.sensor_time_s > self._last_s:
            raise ClockError(
                f"frame is stamped {frame.sensor_time_s:.6f} s, not after the frame before at "
                f"{self._last_s:.6f} s; the rig's clock must never go back: restart the camera"
            )
        self._last_s = frame.sensor_time_s


def _mode(frame: Frame) -> str:
    mode = f"{frame.pixel_format} {frame.width} x {frame.height}"
    packed = frame.pixel_format in ("rgb888", "bgr888")
    return mode if packed else f"{mode} by {frame.yuv_matrix} in {frame.yuv_range} range"


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


def _require_writeable(frame: Frame) -> None:
    try:
        frame.image.setflags(write=True)
    except ValueError:
        raise FrameError(
            "frame memory is read-only, so that nobody could overwrite it after the session; "
            "let the rig yield arrays that own their memory (numpy.array copies)"
        ) from None
