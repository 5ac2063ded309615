"""Latency classes: what screen and camera explain, and what has something in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lightproof.errors import CalibrationError, DelayedPictureError
from lightproof.rigs.latency_class import (
    LatencyClass,
    latency_ceiling_s,
    latency_class,
    require_possible_latency,
)
from lightproof.rigs.protocol import Calibration, Geometry, RigDescription


def rig(latency_s: float | None, frame_rate_hz: float = 30.0, refresh_hz: float = 60.0) -> RigDescription:
    geometry = Geometry((0.3, 0.2), (0.0, 0.11, 0.0))
    return RigDescription("a rig", "other", geometry, Calibration(latency_s), frame_rate_hz, refresh_hz)


@pytest.mark.parametrize(
    ("latency_s", "named"),
    [
        (None, LatencyClass.UNKNOWN),
        (-0.01, LatencyClass.DIRECT),
        (0.066, LatencyClass.DIRECT),
        (0.068, LatencyClass.BUFFERED),
        (0.166, LatencyClass.BUFFERED),
    ],
)
def test_a_latency_is_named_by_what_could_delay_it_so_much(
    latency_s: float | None, named: LatencyClass
) -> None:
    assert latency_class(rig(latency_s)) is named
    require_possible_latency(rig(latency_s), latency_s)


def test_a_faster_screen_and_camera_have_a_lower_ceiling() -> None:
    assert latency_ceiling_s(rig(None)) == pytest.approx(4 / 60 + 3 / 30)
    assert latency_ceiling_s(rig(None, 60.0, 120.0)) == pytest.approx(4 / 120 + 3 / 60)
    assert latency_class(rig(0.06, 60.0, 120.0)) is LatencyClass.BUFFERED


def test_what_is_above_the_ceiling_is_refused_with_the_figures_and_what_to_do() -> None:
    with pytest.raises(DelayedPictureError, match=r"168 ms.*at most 166 ms.*calibrate again") as refused:
        require_possible_latency(rig(0.168), 0.168)
    assert isinstance(refused.value, CalibrationError)
    assert isinstance(refused.value, ValueError)


def test_a_rig_that_does_not_tell_its_rates_has_no_ceiling_and_no_class() -> None:
    silent = replace(rig(0.3), frame_rate_hz=0.0)
    assert latency_ceiling_s(silent) is None
    assert latency_class(silent) is LatencyClass.UNKNOWN
    require_possible_latency(silent, 0.3)
