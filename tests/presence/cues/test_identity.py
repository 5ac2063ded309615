"""Identity: every two frames drawn by lot have to show one person, and too few of them show nobody."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.presence.cues.identity import (
    CHANGED,
    MAX_UNUSABLE,
    MIN_LIT,
    NO_IDENTITY,
    IdentityEvidence,
    judge,
)
from lightproof.presence.judgement import judge_if_enough, with_all_that_was_seen
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, POLICY, drawn, observed, rig

AGREE = 0.5
"""Cosine from which two of the likenesses made here agree."""


def at(degrees: float) -> NDArray[np.float32]:
    """Return a likeness in the plane; the cosine of two is that of the angle between them."""
    return np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))], np.float32)


def judged(*degrees: float, unlit: int = 2, changes: tuple[float, ...] = ()) -> IdentityEvidence:
    return judge(drawn([at(one) for one in degrees], unlit=unlit, changes=changes))


def unclear(evidence: IdentityEvidence) -> bool:
    return (evidence.finding, evidence.reasons) == (
        Finding.INCONCLUSIVE,
        (ReasonCode.IDENTITY_UNCLEAR,),
    )


def test_one_person_from_beginning_to_end_passes() -> None:
    evidence = judged(0, 5, 10, 0, -5, 3, 8, -20, 30)
    assert (evidence.finding, evidence.reasons, evidence.frames) == (Finding.PASS, (), 9)
    assert evidence.lowest == pytest.approx(math.cos(math.radians(50)), abs=1e-6)


@pytest.mark.parametrize("where", [0, 3, 7])
def test_another_person_for_a_part_of_the_session_is_a_failure(where: int) -> None:
    degrees = [0.0] * 10
    degrees[where : where + 2] = [80, 85]
    evidence = judged(*degrees)
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.IDENTITY_CHANGED,))


def test_a_fade_in_which_all_neighbours_agree_is_told_by_its_first_and_last_frame() -> None:
    degrees = np.linspace(0, 90, 12)
    assert all(
        judged(one, next_, *[one] * 7).finding is Finding.PASS for one, next_ in pairwise(degrees.tolist())
    )
    assert judged(*degrees.tolist()).finding is Finding.FAIL


def test_one_frame_alone_that_is_unlike_the_rest_is_no_failure_and_no_pass() -> None:
    assert unclear(judged(0, 0, 0, 0, 88, 0, 0, 0, 0))
    assert judged(0, 0, 0, 0, 88, 88, 0, 0, 0).finding is Finding.FAIL


def test_frames_that_neither_agree_nor_differ_leave_it_open() -> None:
    between = math.degrees(math.acos((AGREE + CHANGED * AGREE) / 2))
    assert unclear(judged(*[0.0] * 5, *[between] * 5))


def test_too_few_frames_before_or_under_the_light_are_no_evidence() -> None:
    assert judged(*[0.0] * (1 + MIN_LIT), unlit=1).finding is Finding.PASS
    assert unclear(judged(*[0.0] * MIN_LIT, unlit=1))
    assert unclear(judged(*[0.0] * (1 + MIN_LIT), unlit=0))
    assert unclear(judged(0.0))
    assert unclear(judge(None))
    assert judge(None) == NO_IDENTITY


def test_frames_unlike_those_beside_them_are_not_compared_and_many_of_them_are_no_evidence() -> None:
    frames = 16
    jumps = [0.0] * frames
    jumps[5] = 1.1  # from the fifth to the sixth lit frame: neither can be used
    evidence = judged(*[0.0] * (frames + 2), changes=tuple(jumps))
    assert (evidence.finding, evidence.frames, evidence.unusable) == (Finding.PASS, frames, 2)
    for at_frame in (2, 8, 11):
        jumps[at_frame] = 1.1
    evidence = judged(*[0.0] * (frames + 2), changes=tuple(jumps))
    assert evidence.unusable > MAX_UNUSABLE * (frames + 2)
    assert unclear(evidence)


def test_a_face_that_changes_keeps_the_light_on_and_one_that_changes_after_the_last_look_is_refused() -> None:
    observation = observed(across=0.6, down=0.7)
    judgement = judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0)
    assert judgement is not None
    observation.likenesses = drawn([at(0)] * 12 + [at(80)] * 2, unlit=2)
    assert judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0) is None
    evidence = with_all_that_was_seen(judgement.evidence, observation, rig(), 0.0)
    assert evidence.identity.reasons == (ReasonCode.IDENTITY_CHANGED,)


def test_the_cosine_is_not_printed() -> None:
    assert "lowest" not in repr(judged(0, 10, 0, 10, 0, 10, 0, 10))
