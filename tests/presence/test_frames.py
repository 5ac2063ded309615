"""Frames are checked before they are believed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lightproof.errors import ClockError, FrameError
from lightproof.presence.frames import FrameGate, rgb_picture
from lightproof.rigs.protocol import Frame, PixelFormat


def frame(
    sensor_time_s: float, width: int = 8, height: int = 6, pixel_format: PixelFormat = "rgb888"
) -> Frame:
    shape = (height, width, 3) if pixel_format in ("rgb888", "bgr888") else (height * 3 // 2, width)
    return Frame(np.zeros(shape, np.uint8), pixel_format, width, height, sensor_time_s, 0.01, 0.016)


def test_frames_in_order_and_of_one_size_pass() -> None:
    gate = FrameGate()
    for k in range(5):
        gate.check(frame(k / 30))


def test_a_frame_of_another_size_in_mid_session_is_refused_by_its_size() -> None:
    gate = FrameGate()
    gate.check(frame(0.0))
    with pytest.raises(FrameError, match="10 x 6, the session began with rgb888 8 x 6"):
        gate.check(frame(0.1, width=10))


def test_a_frame_of_another_format_in_mid_session_is_refused() -> None:
    gate = FrameGate()
    gate.check(frame(0.0))
    with pytest.raises(FrameError, match="nv12"):
        gate.check(frame(0.1, pixel_format="nv12"))


@pytest.mark.parametrize("later_s", [0.0, -0.1, float("nan")])
def test_a_clock_that_jumps_back_or_stands_still_is_an_error(later_s: float) -> None:
    gate = FrameGate()
    gate.check(frame(0.0))
    with pytest.raises(ClockError, match="clock must never go back"):
        gate.check(frame(later_s))


def test_memory_that_does_not_hold_the_frames_size_is_refused() -> None:
    broken = Frame(np.zeros((5, 8, 3), np.uint8), "rgb888", 8, 6, 0.0, 0.01, 0.016)
    with pytest.raises(FrameError, match=r"\(5, 8, 3\)"):
        FrameGate().check(broken)
    short = Frame(np.zeros((9, 6), np.uint8), "yuv420", 8, 6, 0.0, 0.01, 0.016)
    with pytest.raises(FrameError, match="8 or more"):
        FrameGate().check(short)


@pytest.mark.parametrize("stride", [16, 32])
def test_every_format_gives_the_same_picture(stride: int) -> None:
    width, height = 16, 8
    rows, columns = np.mgrid[0:height, 0:width]
    rgb = np.stack([rows * 20 + 40, columns * 8 + 60, 200 - rows * 10], axis=-1).astype(np.uint8)
    planar = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)
    wanted = np.asarray(cv2.cvtColor(planar, cv2.COLOR_YUV2RGB_I420), np.uint8)
    padded = np.zeros((height * 3 // 2, stride), np.uint8)
    padded[:height, :width] = planar[:height]
    chroma = planar[height:].reshape(2, height // 2, width // 2)
    padded[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2] = chroma
    semi = np.zeros((height * 3 // 2, stride), np.uint8)
    semi[:height, :width] = planar[:height]
    semi[height:, 0:width:2], semi[height:, 1:width:2] = chroma
    pictures = {
        "yuv420": Frame(padded, "yuv420", width, height, 0.0, 0.01, 0.016),
        "nv12": Frame(semi, "nv12", width, height, 0.0, 0.01, 0.016),
        "bgr888": Frame(wanted[..., ::-1].copy(), "bgr888", width, height, 0.0, 0.01, 0.016),
        "rgb888": Frame(wanted, "rgb888", width, height, 0.0, 0.01, 0.016),
    }
    for name, picture in pictures.items():
        np.testing.assert_array_equal(rgb_picture(picture), wanted, err_msg=name)
