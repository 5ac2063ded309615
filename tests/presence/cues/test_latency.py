"""Latency: light that comes when the rig's own does, light that comes late, and light that shows neither."""

from __future__ import annotations

import numpy as np
import pytest

from lightproof._core import Challenge
from lightproof.presence.cues import latency
from lightproof.presence.cues.latency import (
    SEARCHED_OFFSETS_S,
    SYSTEMATIC_S,
    LatencyCurve,
    LatencyEvidence,
    peak_s,
)
from lightproof.presence.observation import Observation
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, LATENCY_S, POLICY, face_light, observed, rig


def judged(observation: Observation) -> LatencyEvidence:
    curve = latency.session_curve(observation)
    return latency.judge(face_light(observation), curve, observation, POLICY, DECOY_SEED)


@pytest.mark.parametrize("late_s", [-0.02, 0.0, 0.02])
def test_light_within_the_tolerance_of_the_rigs_own_latency_passes(late_s: float) -> None:
    evidence = judged(observed(late_s=late_s))
    assert (evidence.finding, evidence.reasons) == (Finding.PASS, ())
    assert evidence.latency_s == pytest.approx(LATENCY_S + late_s, abs=0.01)
    assert evidence.calibrated_s == LATENCY_S


@pytest.mark.parametrize("late_s", [0.06, 0.1, 0.2])
def test_light_that_comes_late_is_refused_as_late(late_s: float) -> None:
    evidence = judged(observed(late_s=late_s))
    assert (evidence.finding, evidence.reasons) == (Finding.FAIL, (ReasonCode.LATE_LIGHT,))
    assert evidence.latency_s == pytest.approx(LATENCY_S + late_s, abs=0.01)


@pytest.mark.parametrize("number", range(8))
def test_light_of_another_challenge_is_never_called_late(number: int) -> None:
    followed = Challenge.generate(np.random.default_rng(number).bytes(32))
    evidence = judged(observed(followed=followed))
    assert ReasonCode.LATE_LIGHT not in evidence.reasons


def test_light_that_never_changes_has_no_latency() -> None:
    evidence = judged(observed(response=0.0))
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.LATENCY_UNCLEAR,))


@pytest.mark.parametrize(("sigma_s", "finding"), [(0.012, Finding.PASS), (0.013, Finding.INCONCLUSIVE)])
def test_a_latency_known_less_well_than_to_a_third_of_the_tolerance_is_unclear(
    sigma_s: float, finding: Finding
) -> None:
    """Of a curve whose parabola is this wide, at the rig's own latency."""
    observation = observed()
    latencies_s = LATENCY_S + SEARCHED_OFFSETS_S
    curve = LatencyCurve(latencies_s, 500 - ((latencies_s - LATENCY_S) / sigma_s) ** 2)
    evidence = latency.judge(face_light(observation), curve, observation, POLICY, DECOY_SEED)
    assert evidence.latency_s == pytest.approx(LATENCY_S)
    assert evidence.sigma_s == pytest.approx(np.hypot(sigma_s, SYSTEMATIC_S))
    assert evidence.finding is finding
    assert evidence.reasons == (() if finding is Finding.PASS else (ReasonCode.LATENCY_UNCLEAR,))


def test_a_rig_that_was_never_calibrated_is_inconclusive_whatever_it_measures() -> None:
    evidence = judged(observed(rig(latency_s=None)))
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.RIG_NOT_CALIBRATED,))
    assert evidence.latency_s == pytest.approx(LATENCY_S, abs=0.01)
    assert evidence.calibrated_s is None


def test_the_peak_of_a_parabola_is_found_between_the_samples() -> None:
    latencies_s = np.arange(0.0, 0.1, 0.004)
    curve = 500 - ((latencies_s - 0.0413) / 0.005) ** 2
    found = peak_s(LatencyCurve(latencies_s, curve))
    assert found is not None
    assert found[0] == pytest.approx(0.0413, abs=1e-6)
    assert found[1] == pytest.approx(0.005, rel=1e-6)


@pytest.mark.parametrize("at_s", [-1.0, 0.0, 2.0])
def test_a_peak_outside_the_curve_is_no_latency(at_s: float) -> None:
    latencies_s = np.arange(0.0, 0.1, 0.004)
    assert peak_s(LatencyCurve(latencies_s, 500 - (latencies_s - at_s) ** 2)) is None
