"""What webcams deliver becomes the right colours, or a lost frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lightproof.rigs.desktop.pixels import FORMATS, rgb_from
from lightproof.rigs.yuv import YuvCoding

WIDTH, HEIGHT = 32, 16


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """Return a picture whose colours change too slowly for shared chroma to matter."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([60 + 4 * x, 200 - 5 * y, 90 + 2 * x + y], axis=2).astype(np.uint8)


def encode(picture: NDArray[np.uint8], fourcc: str, padding: int) -> tuple[bytes, int]:
    """Return a picture as a driver delivers it, and the stride."""
    if fourcc == "MJPG":
        return cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])[1].tobytes(), 0
    if fourcc in ("RGB3", "BGR3"):
        rows = (picture if fourcc == "RGB3" else picture[..., ::-1]).reshape(HEIGHT, -1)
    elif fourcc == "YUYV":
        rows = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_YUYV), np.uint8).reshape(HEIGHT, -1)
    else:
        planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
        chroma = planes[HEIGHT:].reshape(2, -1)
        rows = np.concatenate([planes[:HEIGHT], chroma.T.reshape(HEIGHT // 2, WIDTH)])
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=77)
    return padded.tobytes()[: padded.size - padding], padded.shape[1]


@pytest.mark.parametrize("padding", [0, 6])
@pytest.mark.parametrize("fourcc", FORMATS)
def test_every_format_becomes_the_same_colours(picture: NDArray[np.uint8], fourcc: str, padding: int) -> None:
    data, stride = encode(picture, fourcc, padding)
    found = rgb_from(data, fourcc, WIDTH, HEIGHT, stride)
    assert found is not None
    assert found.flags.writeable
    assert found.shape == picture.shape
    assert np.abs(found.astype(int) - picture).max() <= (0 if fourcc in ("RGB3", "BGR3") else 8)


@given(fourcc=st.sampled_from(FORMATS), data=st.binary(max_size=WIDTH * HEIGHT))
def test_too_few_bytes_are_a_lost_frame_in_every_format(fourcc: str, data: bytes) -> None:
    assert rgb_from(data, fourcc, WIDTH, HEIGHT, 0) is None


def test_a_jpeg_of_another_size_is_a_lost_frame(picture: NDArray[np.uint8]) -> None:
    data, _ = encode(picture, "MJPG", 0)
    assert rgb_from(data, "MJPG", WIDTH * 2, HEIGHT, 0) is None


@pytest.mark.parametrize("fourcc", ["YUYV", "NV12"])
@pytest.mark.parametrize(
    ("coding", "grey"), [(("bt601", "limited"), 126), (("bt709", "limited"), 126), (("bt601", "full"), 128)]
)
def test_a_grey_is_the_same_grey_in_every_coding_that_is_told(
    fourcc: str, coding: YuvCoding, grey: int
) -> None:
    pixels = [grey, 128] * (WIDTH * HEIGHT)
    data = (
        bytes(pixels)
        if fourcc == "YUYV"
        else bytes([grey] * (WIDTH * HEIGHT) + [128] * (WIDTH * HEIGHT // 2))
    )
    found = rgb_from(data, fourcc, WIDTH, HEIGHT, 0, coding)
    assert found is not None
    assert np.abs(found.astype(int) - 128).max() <= 1


def test_the_matrix_that_is_told_is_the_one_that_is_used() -> None:
    """Pure red has luma 0.299 by BT.601 and 0.2126 by BT.709, which makes another red of the same codes."""
    data = bytes([76, 85, 76, 255] * (WIDTH * HEIGHT // 2))
    by_601 = rgb_from(data, "YUYV", WIDTH, HEIGHT, 0, ("bt601", "full"))
    by_709 = rgb_from(data, "YUYV", WIDTH, HEIGHT, 0, ("bt709", "full"))
    assert by_601 is not None
    assert by_709 is not None
    assert np.abs(by_601[0, 0].astype(int) - [254, 0, 0]).max() <= 1
    assert np.abs(by_709[0, 0].astype(int) - [255, 25, 0]).max() <= 4
