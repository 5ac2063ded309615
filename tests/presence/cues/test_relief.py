"""Relief: a solid face passes, a flat thing and a mirror fail, and what is between is inconclusive."""

from __future__ import annotations

import pytest

from lightproof.presence.cues import relief
from lightproof.presence.cues.relief import MAX_MISFIT, MIN_ACROSS, MIN_DOWN, NO_RELIEF, ReliefEvidence
from lightproof.presence.cues.response import judge as judge_response
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import POLICY, face_light, observed

CLEAR = 0.7
"""A coefficient that nobody doubts, whatever it is of."""


def judged(across: float, down: float, unlike: float = 0.0) -> ReliefEvidence:
    observation = observed(across=across, down=down, unlike=unlike)
    _, gains = judge_response(face_light(observation), observation, POLICY)
    return relief.judge(observation.response.solve(gains), observation)


@pytest.fixture(scope="module")
def sigmas() -> tuple[float, float]:
    """Return the standard errors across and down, which hardly depend on the coefficients."""
    evidence = judged(CLEAR, CLEAR)
    assert evidence.across_sigma is not None
    assert evidence.down_sigma is not None
    return evidence.across_sigma, evidence.down_sigma


@pytest.mark.parametrize(("across", "down"), [(0.5, 0.65), (0.32, 0.38), (1.1, 1.3)])
def test_the_relief_of_heads_passes_and_is_measured(across: float, down: float) -> None:
    evidence = judged(across, down)
    assert (evidence.finding, evidence.reasons) == (Finding.PASS, ())
    assert evidence.across == pytest.approx(across, abs=0.02)
    assert evidence.down == pytest.approx(down, abs=0.02)
    assert evidence.misfit is not None
    assert evidence.misfit < MAX_MISFIT


@pytest.mark.parametrize(
    ("across", "down"), [(0.0, 0.0), (0.0, CLEAR), (CLEAR, 0.0), (0.29, 0.1), (-CLEAR, -CLEAR)]
)
def test_what_lacks_relief_either_way_is_flat(across: float, down: float) -> None:
    evidence = judged(across, down)
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.FLAT_LIGHT,))


def test_a_camera_that_mirrors_is_told_and_nobody_is_failed_for_it() -> None:
    evidence = judged(-CLEAR, CLEAR)
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.CAMERA_MIRRORED,))
    # A hollow face is the wrong way round in both, bent paper has nothing from top to bottom.
    assert judged(CLEAR, -CLEAR).finding is Finding.FAIL
    assert judged(-CLEAR, 0.0).finding is Finding.FAIL


@pytest.mark.parametrize(
    ("z", "finding"),
    [
        (-3, Finding.FAIL),
        (-1, Finding.INCONCLUSIVE),
        (0, Finding.INCONCLUSIVE),
        (1, Finding.INCONCLUSIVE),
        (3, Finding.PASS),
    ],
)
@pytest.mark.parametrize("axis", ["across", "down"])
def test_a_coefficient_near_its_threshold_is_inconclusive_and_not_a_pass(
    axis: str, z: float, finding: Finding, sigmas: tuple[float, float]
) -> None:
    across = MIN_ACROSS + z * sigmas[0] if axis == "across" else CLEAR
    down = MIN_DOWN + z * sigmas[1] if axis == "down" else CLEAR
    evidence = judged(across, down)
    assert evidence.finding is finding
    if finding is Finding.INCONCLUSIVE:
        assert evidence.reasons == (ReasonCode.RELIEF_UNCLEAR,)


def test_more_relief_than_a_head_can_have_is_a_mirror() -> None:
    evidence = judged(2.5, CLEAR)
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.FLAT_LIGHT,))


def test_light_that_no_surface_explains_is_glass_however_much_relief_there_is() -> None:
    evidence = judged(CLEAR, CLEAR, unlike=2.0)
    assert evidence.misfit is not None
    assert evidence.misfit > MAX_MISFIT
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.FLAT_LIGHT,))


def test_light_in_which_no_shape_can_be_read_is_inconclusive() -> None:
    assert relief.judge(None, observed(frames=0)) == NO_RELIEF
    assert NO_RELIEF.finding is Finding.INCONCLUSIVE
    assert NO_RELIEF.reasons == (ReasonCode.RELIEF_UNCLEAR,)
