"""Freshness: light of this challenge is told from light of every other one, and never by luck."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lightproof._core import Challenge
from lightproof.presence.cues import freshness
from lightproof.presence.cues.freshness import (
    LOOKS,
    UNCALIBRATED_SEARCH_S,
    FreshnessEvidence,
    decoys_at_a_look,
    latencies_ranked_s,
    match_code,
)
from lightproof.presence.observation import Observation
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, LATENCY_S, POLICY, face_light, observed, rig

MANY_DECOYS = 2**16 - 1
"""So many that none of 30 wrong challenges is expected to come first: one look asks four times as many."""


def judged(
    observation: Observation, decoys: int = POLICY.decoys, seed: bytes = DECOY_SEED
) -> FreshnessEvidence:
    policy = dataclasses.replace(POLICY, decoys=decoys)
    face = face_light(observation)
    return freshness.judge(face, match_code(face, observation), observation, policy, seed)[0]


def other(number: int) -> Challenge:
    return Challenge.generate(np.random.default_rng(number).bytes(32))


def test_light_of_this_challenge_beats_every_decoy() -> None:
    evidence = judged(observed())
    assert (evidence.finding, evidence.reasons, evidence.rank) == (Finding.PASS, (), 1)
    assert evidence.decoys == decoys_at_a_look(POLICY.decoys)
    assert 0.9 / (POLICY.decoys + 1) < evidence.p_value <= 1 / (POLICY.decoys + 1)


@pytest.mark.parametrize("number", range(30))
def test_light_of_another_challenge_is_stale_whichever_it_is(number: int) -> None:
    observation = observed(followed=other(number))
    code = match_code(face_light(observation), observation)
    assert code.of_another
    assert not code.of_this_challenge
    evidence = judged(observation, MANY_DECOYS)
    assert evidence.rank > 1
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.STALE_LIGHT,))


def test_which_decoys_are_drawn_changes_the_rank_and_not_the_reason() -> None:
    observation = observed(followed=other(0))
    drawn = [judged(observation, seed=bytes([number]) * 32) for number in range(8)]
    assert len({evidence.rank for evidence in drawn}) > 1
    assert {evidence.reasons for evidence in drawn if evidence.rank > 1} == {(ReasonCode.STALE_LIGHT,)}


def test_no_light_of_any_challenge_is_unclear_and_not_stale() -> None:
    observation = observed(response=0.0)
    code = match_code(face_light(observation), observation)
    assert not code.of_another
    evidence = judged(observation, MANY_DECOYS)
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.FRESHNESS_UNCLEAR,))


def test_too_few_frames_rank_last() -> None:
    evidence = freshness.no_freshness(POLICY)
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.FRESHNESS_UNCLEAR,))
    assert evidence.rank == evidence.decoys + 1
    assert evidence.p_value == 1


@pytest.mark.parametrize("late_s", [0.0, 0.08, 0.16])
def test_a_rig_that_was_never_calibrated_finds_fresh_light_wherever_it_comes(late_s: float) -> None:
    observation = observed(rig(latency_s=None), late_s=late_s)
    assert latencies_ranked_s(observation) == UNCALIBRATED_SEARCH_S
    assert judged(observation).rank == 1


def test_a_calibrated_rig_looks_nowhere_but_at_its_own_latency() -> None:
    assert latencies_ranked_s(observed(rig(LATENCY_S), frames=0)) == (LATENCY_S,)


@pytest.mark.parametrize("decoys", [2**15 - 1, 2**20 - 1])
def test_all_looks_together_err_as_seldom_as_one(decoys: int) -> None:
    at_a_look = decoys_at_a_look(decoys)
    assert 0.99 / (decoys + 1) < len(LOOKS) / (at_a_look + 1) <= 1 / (decoys + 1)
