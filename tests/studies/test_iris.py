"""IRIS, an independent analyser, passes challenges without a warning and finds what is bad."""

from __future__ import annotations

import os

import pytest

from lightproof.policy import Mode
from studies.photosafety.iris_report import bad_lights, drawn, judged, one_quadrant, swapped

pytest.importorskip("av", reason="videos are written with PyAV (extra 'record')")

COUNT = 2


@pytest.fixture(scope="module")
def iris_python() -> str:
    python = os.environ.get("LIGHTPROOF_IRIS_PYTHON")
    if not python:
        pytest.skip(
            "IRIS needs an environment of its own; `make photosafety-iris` makes it and runs this test"
        )
    return python


@pytest.mark.parametrize("mode", ["standard", "gentle"])
def test_iris_passes_challenges_without_a_warning(iris_python: str, mode: Mode) -> None:
    lights = [*drawn(mode, COUNT), *swapped(mode)[:2]]
    verdicts = judged(iris_python, lights + one_quadrant(lights))
    assert all(verdict.is_pass for verdict in verdicts), verdicts
    assert all(verdict.luminance_transitions == verdict.red_transitions == 0 for verdict in verdicts)


def test_iris_fails_black_and_white_and_saturated_red_at_five_hertz(iris_python: str) -> None:
    lights = [light for name, (light, *_) in bad_lights(1).items() if "5 Hz" in name]
    verdicts = judged(iris_python, lights)
    assert [verdict.result for verdict in verdicts] == ["Fail", "Fail"]


def test_iris_warns_of_random_full_range_light(iris_python: str) -> None:
    lights = [light for name, lights in bad_lights(COUNT).items() if "random" in name for light in lights]
    verdicts = judged(iris_python, lights)
    assert not any(verdict.is_pass for verdict in verdicts), verdicts
