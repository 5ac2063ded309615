"""Response: how strong the screen's light is on the face, and that too little of it is no evidence at all."""

from __future__ import annotations

import dataclasses

import pytest

from lightproof.presence.cues import response
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import POLICY, face_light, observed


def judged(strength: float, min_response: float = POLICY.min_response, **seen: float) -> ResponseEvidence:
    observation = observed(response=strength, **seen)  # type: ignore[arg-type]  # frames is a whole number
    policy = dataclasses.replace(POLICY, min_response=min_response)
    return response.judge(face_light(observation), observation, policy)[0]


@pytest.mark.parametrize("strength", [0.03, 0.1, 0.3])
def test_the_strength_is_the_light_of_a_white_screen_over_the_rooms(strength: float) -> None:
    evidence = judged(strength)
    assert evidence.finding is Finding.PASS
    assert evidence.strength == pytest.approx(strength, rel=0.15)
    assert evidence.channels == pytest.approx((strength,) * 3, rel=0.15)
    assert 0 < evidence.sigma < strength / response.STRENGTH_Z


def test_light_that_never_changes_is_a_weak_response_and_no_failure() -> None:
    evidence = judged(0.0)
    assert evidence.finding is Finding.INCONCLUSIVE
    assert evidence.reasons == (ReasonCode.WEAK_RESPONSE,)


def test_less_response_than_the_policy_asks_for_is_weak_however_clear_it_is() -> None:
    assert judged(0.03, min_response=0.02).finding is Finding.PASS
    evidence = judged(0.03, min_response=0.04)
    assert evidence.sigma < evidence.strength / response.STRENGTH_Z
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.WEAK_RESPONSE,))


def test_a_response_that_noise_could_have_made_is_weak_although_it_is_as_strong_as_was_asked() -> None:
    evidence = judged(0.005, min_response=0.005, frames=40, noise=0.1)
    assert 0.005 <= evidence.strength < response.STRENGTH_Z * evidence.sigma
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.WEAK_RESPONSE,))
