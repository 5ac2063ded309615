"""What a rig says of itself: the rates that a session divides by and waits for are possible ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lightproof.errors import RigError
from lightproof.rigs.protocol import Calibration, Geometry, RigDescription


def described(frame_rate_hz: object = 30.0, refresh_hz: object = 60.0) -> RigDescription:
    geometry = Geometry((0.3, 0.2), (0, 0, 0))
    return RigDescription("mine", "other", geometry, Calibration(), frame_rate_hz, refresh_hz)  # type: ignore[arg-type]


@pytest.mark.parametrize("refresh_hz", [0, -60, 0.5, 1e-300, 1001, 1e300, math.nan, math.inf, "60", None])
def test_a_screen_that_no_challenge_can_be_played_on_is_refused_by_value(refresh_hz: object) -> None:
    with pytest.raises(RigError, match=r"'mine' says that its refresh_hz is .*; it must be from 1 to 1000"):
        described(refresh_hz=refresh_hz)


@pytest.mark.parametrize("frame_rate_hz", [-1, 1001, math.nan, math.inf, "30", None])
def test_a_camera_of_no_possible_rate_is_refused_by_value(frame_rate_hz: object) -> None:
    with pytest.raises(
        RigError, match=r"'mine' says that its frame_rate_hz is .*; it must be from 0 to 1000"
    ):
        described(frame_rate_hz=frame_rate_hz)


def test_rates_that_are_unknown_or_numbers_of_numpy_are_taken() -> None:
    assert described(frame_rate_hz=0).frame_rate_hz == 0
    assert described(np.float32(30), np.int64(1000)).refresh_hz == 1000
