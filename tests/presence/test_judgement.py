"""The judgement puts the cues in order: each is judged on its own, and what is unclear is never a pass."""

from __future__ import annotations

import pytest

from lightproof._core import Challenge
from lightproof.presence.judgement import Judgement, judge, judge_if_enough
from lightproof.presence.observation import Observation
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, POLICY, observed, rig

CUES = ("response", "continuity", "freshness", "latency", "relief", "reflectance", "identity", "lit_face")


def judged(observation: Observation) -> Judgement:
    return judge(observation, rig(), POLICY, DECOY_SEED, 0.0)


def failing(judgement: Judgement) -> dict[str, tuple[ReasonCode, ...]]:
    """Return the reasons of every cue that does not pass."""
    parts = {cue: getattr(judgement.evidence, cue) for cue in CUES}
    return {cue: part.reasons for cue, part in parts.items() if part.finding is not Finding.PASS}


def test_a_solid_face_that_answers_the_challenge_passes_in_every_cue_and_ends_the_light() -> None:
    observation = observed(across=0.6, down=0.7)
    judgement = judged(observation)
    assert failing(judgement) == {}
    early = judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0)
    assert early is not None
    assert early.evidence == judgement.evidence


def test_a_flat_thing_that_answers_the_challenge_is_fresh_and_in_time_but_has_no_relief() -> None:
    judgement = judged(observed())
    assert failing(judgement) == {"relief": (ReasonCode.FLAT_LIGHT,)}
    assert judgement.trace is not None


def test_light_of_another_challenge_has_a_strength_but_neither_freshness_nor_a_shape() -> None:
    judgement = judged(observed(across=0.6, down=0.7, followed=Challenge.generate(bytes([1]) * 32)))
    reasons = failing(judgement)
    assert reasons["freshness"] == (ReasonCode.STALE_LIGHT,)
    assert reasons["relief"] == (ReasonCode.RELIEF_UNCLEAR,)
    assert "continuity" not in reasons


def test_light_that_never_changes_is_no_evidence_of_anything() -> None:
    judgement = judged(observed(response=0.0))
    reasons = failing(judgement)
    assert reasons["response"] == (ReasonCode.WEAK_RESPONSE,)
    assert {"response", "freshness", "relief"} <= reasons.keys()


@pytest.mark.parametrize("frames", [0, 1, 8])
def test_too_few_frames_are_inconclusive_in_every_cue(frames: int) -> None:
    judgement = judged(observed(frames=frames))
    assert judgement.trace is None
    for cue in ("response", "freshness", "latency", "relief"):
        part = getattr(judgement.evidence, cue)
        assert part.finding is Finding.INCONCLUSIVE
        assert part.reasons


@pytest.mark.parametrize(
    "doubtful",
    [
        {"response": 0.0},
        {"late_s": 0.1},
        {"across": 0.0},
        {"frames": 8},
        {"followed": Challenge.generate(bytes([1]) * 32)},
    ],
)
def test_the_light_goes_on_while_any_cue_does_not_pass(doubtful: dict[str, object]) -> None:
    given = {"across": 0.6, "down": 0.7} | doubtful
    observation = observed(**given)  # type: ignore[arg-type]  # one parameter of several types at a time
    assert judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0) is None
    assert failing(judged(observation))
