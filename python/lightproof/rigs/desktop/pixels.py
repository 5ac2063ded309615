"""Turns what webcams deliver into packed RGB."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from lightproof._core import frame_to_srgb
from lightproof.rigs.yuv import YuvCoding

Data: TypeAlias = bytes | memoryview
"""What a driver's buffer holds."""

FORMATS: Final[tuple[str, ...]] = ("YUYV", "NV12", "RGB3", "BGR3", "MJPG")
"""Codes (FourCC) of the formats that can be read, the ones without compression first."""

YUV_FORMATS: Final = ("YUYV", "NV12")
"""Those whose luma and chroma are coded as the driver says; the others are RGB, or JFIF with one coding."""

UVC_CODING: Final[YuvCoding] = ("bt601", "limited")
"""How a USB camera without a colour descriptor codes its colours (USB Video Class 1.5, section 3.9.2.6)."""

_BYTES_PER_PIXEL: Final[Mapping[str, int]] = {"YUYV": 2, "RGB3": 3, "BGR3": 3}


def rgb_from(
    data: Data,
    fourcc: str,
    width: int,
    height: int,
    bytes_per_line: int,
    coding: YuvCoding = UVC_CODING,
) -> NDArray[np.uint8] | None:
    """Return a picture as uint8 RGB of shape (height, width, 3), or None if the data are damaged.

    Webcams deliver such data after a hiccup of the bus, so it counts as a lost frame and not as an error. The
    picture has memory of its own; the driver's is read in place.

    Args:
        data: the driver's buffer.
        fourcc: one of :data:`FORMATS`.
        width: in pixels, even for YUYV and NV12.
        height: in pixels, even for NV12.
        bytes_per_line: stride of the first plane, ignored for MJPG.
        coding: matrix and range of YUYV and NV12; MJPG is JFIF, always BT.601 in full range.
    """
    if fourcc == "MJPG":
        return _from_jpeg(data, width, height)
    matrix, range_ = coding
    if fourcc == "NV12":
        planes = _rows(data, height * 3 // 2, bytes_per_line, width)
        if planes is None:
            return None
        return frame_to_srgb(planes, "nv12", width=width, height=height, yuv_matrix=matrix, yuv_range=range_)
    depth = _BYTES_PER_PIXEL[fourcc]
    rows = _rows(data, height, bytes_per_line, width * depth)
    if rows is None:
        return None
    pixels = as_strided(rows, (height, width, depth), (rows.strides[0], depth, 1), writeable=False)
    if fourcc == "YUYV":
        return frame_to_srgb(pixels, "yuyv", width=width, height=height, yuv_matrix=matrix, yuv_range=range_)
    return frame_to_srgb(pixels, "rgb888" if fourcc == "RGB3" else "bgr888", width=width, height=height)


def _from_jpeg(data: Data, width: int, height: int) -> NDArray[np.uint8] | None:
    cv2: Any = importlib.import_module("cv2")
    if not data:
        return None
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if picture is None or picture.shape != (height, width, 3):
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, picture), np.uint8)


def _rows(data: Data, rows: int, bytes_per_line: int, row_bytes: int) -> NDArray[np.uint8] | None:
    """Return the rows without their padding, in place. The last row's padding may be missing."""
    stride = max(bytes_per_line, row_bytes)
    if len(data) < stride * (rows - 1) + row_bytes:
        return None
    return as_strided(np.frombuffer(data, np.uint8), (rows, row_bytes), (stride, 1), writeable=False)
