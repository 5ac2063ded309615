"""Frames are checked before they are believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lightproof.errors import ClockError, FrameError
from lightproof.presence.frames import FrameGate
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


def test_a_frame_coded_otherwise_in_mid_session_is_refused() -> None:
    gate = FrameGate()
    gate.check(replace(frame(0.0, pixel_format="nv12"), yuv_range="limited"))
    gate.check(replace(frame(0.1, pixel_format="nv12"), yuv_range="limited"))
    with pytest.raises(FrameError, match=r"bt601 in full range, the session began with .* limited range"):
        gate.check(frame(0.2, pixel_format="nv12"))


def test_packed_frames_are_srgb_whatever_they_say_of_luma_and_chroma() -> None:
    gate = FrameGate()
    gate.check(frame(0.0))
    gate.check(replace(frame(0.1), yuv_matrix="bt709", yuv_range="limited"))
