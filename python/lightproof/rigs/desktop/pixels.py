"""Turns what webcams deliver into packed RGB."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightproof.privacy.forget import overwrite

Data: TypeAlias = bytes | memoryview
"""What a driver's buffer holds."""

FORMATS: tuple[str, ...] = ("YUYV", "NV12", "RGB3", "BGR3", "MJPG")
"""Codes (FourCC) of the formats that can be read, the ones without compression first."""


def rgb_from(
    data: Data, fourcc: str, width: int, height: int, bytes_per_line: int
) -> NDArray[np.uint8] | None:
    """Return a picture as uint8 RGB of shape (height, width, 3), or None if the data are damaged.

    Webcams deliver such data after a hiccup of the bus, so it counts as a lost frame and not as an error.
    YUYV and NV12 are taken as BT.601 with limited range, as the USB Video Class has it without a colour
    descriptor; MJPG is JFIF, full range.

    Args:
        data: the driver's buffer.
        fourcc: one of :data:`FORMATS`.
        width: in pixels, even for YUYV and NV12.
        height: in pixels, even for NV12.
        bytes_per_line: stride of the first plane, ignored for MJPG.
    """
    return _READERS[fourcc](data, width, height, bytes_per_line)


def _from_jpeg(data: Data, width: int, height: int, _: int) -> NDArray[np.uint8] | None:
    cv2 = _cv2()
    if not data:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if picture is None or picture.shape != (height, width, 3):
        return None
    return _rgb(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, picture))


def _from_yuyv(data: Data, width: int, height: int, bytes_per_line: int) -> NDArray[np.uint8] | None:
    rows = _rows(data, height, bytes_per_line, width * 2)
    return None if rows is None else _converted(rows.reshape(height, width, 2), "COLOR_YUV2RGB_YUYV")


def _from_nv12(data: Data, width: int, height: int, bytes_per_line: int) -> NDArray[np.uint8] | None:
    rows = _rows(data, height * 3 // 2, bytes_per_line, width)
    return None if rows is None else _converted(rows, "COLOR_YUV2RGB_NV12")


def _from_rgb(data: Data, width: int, height: int, bytes_per_line: int) -> NDArray[np.uint8] | None:
    rows = _rows(data, height, bytes_per_line, width * 3)
    return None if rows is None else rows.reshape(height, width, 3)


def _from_bgr(data: Data, width: int, height: int, bytes_per_line: int) -> NDArray[np.uint8] | None:
    picture = _from_rgb(data, width, height, bytes_per_line)
    return None if picture is None else _converted(picture, "COLOR_BGR2RGB")


def _rows(data: Data, rows: int, bytes_per_line: int, row_bytes: int) -> NDArray[np.uint8] | None:
    """Return a copy of the rows without their padding. The last row's padding may be missing."""
    stride = max(bytes_per_line, row_bytes)
    last = stride * (rows - 1)
    if len(data) < last + row_bytes:
        return None
    given = np.frombuffer(data, np.uint8)
    copied = np.empty((rows, row_bytes), np.uint8)
    copied[:-1] = given[:last].reshape(rows - 1, stride)[:, :row_bytes]
    copied[-1] = given[last : last + row_bytes]
    return copied


def _converted(picture: NDArray[np.uint8], conversion: str) -> NDArray[np.uint8]:
    """Return a picture in RGB and overwrite the one that was given, which shows the same face."""
    cv2 = _cv2()
    rgb = _rgb(cv2.cvtColor(picture, getattr(cv2, conversion)))
    overwrite(picture)
    return rgb


def _rgb(picture: Any) -> NDArray[np.uint8]:
    return np.asarray(picture, np.uint8)


def _cv2() -> Any:
    return importlib.import_module("cv2")


_READERS: Mapping[str, Callable[[Data, int, int, int], NDArray[np.uint8] | None]] = {
    "YUYV": _from_yuyv,
    "NV12": _from_nv12,
    "RGB3": _from_rgb,
    "BGR3": _from_bgr,
    "MJPG": _from_jpeg,
}
