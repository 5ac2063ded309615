"""Lit face: the face that the screen lights is the one that the camera shows, or nothing passes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.presence.cues.lit_face import DIFFERS_COSINE, MIN_COSINE, NO_LIT_FACE, judge
from lightproof.presence.judgement import judge_if_enough
from lightproof.presence.observation import Observation
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, POLICY, MadePicture, drawn, observed, rig


def at(cosine: float) -> NDArray[np.float32]:
    """Return an embedding with this cosine to the likenesses of made light."""
    return np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)


def lit(embedding: NDArray[np.float32]) -> Observation:
    observation = observed(across=0.6, down=0.7)
    observation.lit_picture = MadePicture(embedding)
    return observation


@pytest.mark.parametrize("cosine", [1.0, MIN_COSINE + 0.01])
def test_a_lit_picture_like_the_frames_passes(cosine: float) -> None:
    evidence = judge(lit(at(cosine)))
    assert evidence.finding is Finding.PASS
    assert evidence.cosine == pytest.approx(cosine)


@pytest.mark.parametrize("cosine", [MIN_COSINE - 0.01, DIFFERS_COSINE + 0.01])
def test_a_lit_picture_that_is_hardly_like_the_frames_is_inconclusive(cosine: float) -> None:
    evidence = judge(lit(at(cosine)))
    assert evidence.finding is Finding.INCONCLUSIVE
    assert evidence.reasons == (ReasonCode.LIT_FACE_UNCLEAR,)


@pytest.mark.parametrize("cosine", [DIFFERS_COSINE - 0.01, 0.0, -1.0])
def test_a_lit_picture_of_somebody_else_fails(cosine: float) -> None:
    evidence = judge(lit(at(cosine)))
    assert evidence.finding is Finding.FAIL
    assert evidence.reasons == (ReasonCode.LIT_FACE_DIFFERS,)


def test_without_a_lit_picture_or_likenesses_nothing_passes() -> None:
    observation = lit(at(1.0))
    observation.likenesses = None
    assert judge(observation) == NO_LIT_FACE
    observation.likenesses = drawn([at(1.0)] * 3, unlit=3)
    assert judge(observation) == NO_LIT_FACE
    observation = lit(at(1.0))
    observation.lit_picture = None
    assert judge(observation) == NO_LIT_FACE


def test_an_embedding_that_is_no_number_never_passes() -> None:
    assert judge(lit(np.full(2, np.nan, np.float32))).finding is not Finding.PASS


def test_light_goes_on_until_the_lit_face_is_clear() -> None:
    assert judge_if_enough(lit(at(1.0)), rig(), POLICY, DECOY_SEED, 0.0) is not None
    assert judge_if_enough(lit(at(0.3)), rig(), POLICY, DECOY_SEED, 0.0) is None
