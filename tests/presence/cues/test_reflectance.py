"""Reflectance: skin and paper pass, a picture with its own light fails, what is between is inconclusive."""

from __future__ import annotations

import pytest

from lightproof.presence.cues import reflectance
from lightproof.presence.cues.reflectance import MIN_SLOPE, NO_REFLECTANCE, ReflectanceEvidence
from lightproof.presence.cues.response import judge as judge_response
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import POLICY, face_light, observed


def judged(own_light: float, **light: float) -> ReflectanceEvidence:
    observation = observed(own_light=own_light, **light)  # type: ignore[arg-type]
    _, gains = judge_response(face_light(observation), observation, POLICY)
    return reflectance.judge(observation.response.solve(gains), observation)


@pytest.mark.parametrize("relief", [0.0, 0.7])
@pytest.mark.parametrize("response", [0.05, 0.5])
def test_one_surface_under_both_lights_has_a_slope_of_one(relief: float, response: float) -> None:
    evidence = judged(0.0, across=relief, down=relief, response=response)
    assert (evidence.finding, evidence.reasons) == (Finding.PASS, ())
    assert evidence.slope == pytest.approx(1.0, abs=0.06)


def test_a_picture_that_is_sent_out_fails_and_says_why() -> None:
    evidence = judged(1.0, across=0.7, down=0.7)
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.OWN_LIGHT,))
    assert evidence.slope == pytest.approx(0.0, abs=0.1)


def test_the_slope_is_the_share_that_is_reflected() -> None:
    slopes = [judged(share).slope for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert slopes == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0], abs=0.12)


def test_a_slope_that_is_not_known_well_enough_is_no_pass() -> None:
    below, above = judged(0.8).slope, judged(0.6).slope
    assert below is not None
    assert above is not None
    evidence = judged(0.8 - 0.2 * (MIN_SLOPE - below) / (above - below))
    assert evidence.slope == pytest.approx(MIN_SLOPE, abs=0.02)
    assert (evidence.finding, evidence.reasons) == (
        Finding.INCONCLUSIVE,
        (ReasonCode.SURFACE_UNCLEAR,),
    )


def test_light_in_which_nothing_can_be_read_is_inconclusive() -> None:
    assert reflectance.judge(None, observed(frames=0)) == NO_REFLECTANCE
    assert NO_REFLECTANCE.finding is Finding.INCONCLUSIVE
    assert NO_REFLECTANCE.reasons == (ReasonCode.SURFACE_UNCLEAR,)
