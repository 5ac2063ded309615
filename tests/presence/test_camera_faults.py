"""What is wrong with a picture is told from what is wrong with the place of a face."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.presence.camera_faults import CameraFaults
from lightproof.verdict import ReasonCode


def shot(seed: int, level: float = 90) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    noisy = level + np.array([4, 0, -4]) + 2 * rng.standard_normal((480, 640, 3))
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def test_a_working_camera_has_no_fault() -> None:
    faults = CameraFaults()
    assert [faults.find(shot(seed)) for seed in range(20)] == [None] * 20


def test_a_closed_shutter_is_dark_and_stays_dark_when_it_stands_still() -> None:
    faults = CameraFaults()
    assert {faults.find(shot(1, level=3)) for _ in range(20)} == {ReasonCode.TOO_DARK}


def test_a_picture_that_stands_still_is_told_after_a_fifth_of_a_second() -> None:
    faults = CameraFaults()
    found = [faults.find(shot(1)) for _ in range(10)]
    assert found == [None] * 6 + [ReasonCode.CAMERA_FROZEN] * 4
    assert faults.find(shot(2)) is None


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_channel_three_times_has_no_colour(channel: int) -> None:
    picture = np.repeat(shot(1)[..., channel : channel + 1], 3, axis=2)
    assert CameraFaults().find(picture) is ReasonCode.CAMERA_COLOURLESS


def test_a_grey_wall_in_colour_has_enough_of_it() -> None:
    rng = np.random.default_rng(1)
    wall = np.clip(90 + rng.standard_normal((480, 640, 3)), 0, 255).astype(np.uint8)
    assert CameraFaults().find(wall) is None


def test_what_is_held_of_the_last_frame_is_overwritten() -> None:
    faults = CameraFaults()
    faults.find(shot(1))
    faults.forget()
    assert faults._last is not None
    assert not faults._last.any()
