"""Each cue is judged on its own figures, and what is unclear is never a pass."""

from __future__ import annotations

import numpy as np
import pytest

from lightproof._core import Challenge, Timeline
from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.policy import Policy
from lightproof.presence.cues import relief
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from lightproof.presence.cues.latency import LatencyCurve, peak_s
from lightproof.presence.judgement import judge, judge_if_enough
from lightproof.presence.observation import Observation
from lightproof.presence.surface import Prediction
from lightproof.rigs.protocol import Calibration, CameraMetadata, Frame, Geometry, RigDescription
from lightproof.verdict import Finding, ReasonCode

TRANSFORM = np.array([[7.0, 0.0, 180.0], [0.0, 7.0, 72.0]])


def rig(latency_s: float | None = 0.02) -> RigDescription:
    return RigDescription(
        "tiny", "other", Geometry((0.15, 0.09), (0.0, 0.05, 0.0)), Calibration(latency_s), 30.0, 60.0
    )


def frame(k: int, locked: bool = True, gain: float = 1.0) -> Frame:
    metadata = CameraMetadata(gain=gain, white_balance=(1.0, 1.0), locked=locked, sequence=k)
    return Frame(np.zeros((480, 640, 3), np.uint8), "rgb888", 640, 480, k / 30, 0.015, 0.016, metadata)


def observed(description: RigDescription, frames: int = 100, response: float = 0.0) -> Observation:
    """Return what a face without relief gives that answers the challenge with this response."""
    challenge = Challenge.generate(bytes(32))
    timeline = Timeline(challenge)
    for start_s in challenge.steps_start_s.tolist():
        timeline.flip(start_s + 0.001)
    rng = np.random.default_rng(0)
    skin = rng.uniform(0.1, 0.3, (ROWS, COLUMNS, 1)).astype(np.float32) * np.ones(3, np.float32)
    slope = np.tile(np.linspace(-0.1, 0.1, COLUMNS, dtype=np.float32), (ROWS, 1))
    waves = (
        np.sin(np.arange(COLUMNS, dtype=np.float32))[None, :]
        * np.cos(np.arange(ROWS, dtype=np.float32))[:, None]
    )
    prediction = Prediction(0.2 * waves, 0.2 * waves.copy(), np.ones((ROWS, COLUMNS), np.bool_))
    observation = Observation(
        skin.copy(), prediction, description, timeline, start_s=0.001, duration_s=challenge.duration_s
    )
    for k in range(frames):
        shot = frame(k)
        observation.track.note_frame(shot)
        observation.track.note_face(True)
        start_s, end_s = shot.light_interval_s(240)
        light = timeline.light(start_s, end_s, 0.02)
        mean = light.mean(axis=0)
        across = (light[1] + light[3] - light[0] - light[2]) / 4
        gain = 1 + 0.01 * np.sin(k / 9)
        cells = gain * skin * (1 + response * (mean + slope[..., None] * across))
        noisy = cells * (1 + 0.002 * rng.standard_normal(cells.shape))
        observation.add(noisy.astype(np.float32), shot, TRANSFORM)
    return observation


def test_a_flat_thing_that_answers_the_challenge_is_fresh_and_in_time_but_has_no_relief() -> None:
    judgement = judge(observed(rig(), response=0.1), rig(), Policy(decoys=1023), bytes(32), 0.0)
    evidence, trace = judgement.evidence, judgement.trace
    assert evidence.freshness.finding is Finding.PASS
    assert evidence.latency.finding is Finding.PASS
    assert evidence.response.strength == pytest.approx(0.1, rel=0.2)
    assert evidence.relief.finding is Finding.FAIL
    assert evidence.relief.reasons == (ReasonCode.FLAT_LIGHT,)
    assert trace is not None


def test_light_that_never_changes_is_no_evidence_of_anything() -> None:
    evidence = judge(observed(rig(), response=0.0), rig(), Policy(decoys=1023), bytes(32), 0.0).evidence
    parts = (evidence.response, evidence.freshness, evidence.relief)
    assert all(part.finding is not Finding.PASS for part in parts)
    assert evidence.response.reasons == (ReasonCode.WEAK_RESPONSE,)


@pytest.mark.parametrize("frames", [0, 1, 8])
def test_too_few_frames_are_inconclusive_in_every_part(frames: int) -> None:
    judgement = judge(observed(rig(), frames), rig(), Policy(decoys=1023), bytes(32), 0.0)
    evidence, trace = judgement.evidence, judgement.trace
    assert trace is None
    for part in (evidence.response, evidence.freshness, evidence.latency, evidence.relief):
        assert part.finding is Finding.INCONCLUSIVE
        assert part.reasons


def test_a_rig_that_was_never_calibrated_is_inconclusive_about_latency() -> None:
    description = rig(latency_s=None)
    evidence = judge(
        observed(description, response=0.1), description, Policy(decoys=1023), bytes(32), 0.0
    ).evidence
    assert evidence.latency.finding is Finding.INCONCLUSIVE
    assert evidence.latency.reasons == (ReasonCode.RIG_NOT_CALIBRATED,)


def test_light_that_comes_100_ms_late_is_refused_as_late() -> None:
    description = rig(latency_s=0.02)
    observation = observed(description, response=0.1)
    observation.calibrated_s = observation.latency_s = -0.08
    evidence = judge(observation, description, Policy(decoys=1023), bytes(32), 0.0).evidence
    assert evidence.latency.finding is Finding.FAIL
    assert evidence.latency.reasons == (ReasonCode.LATE_LIGHT,)


@pytest.mark.parametrize(("frames", "finding"), [(12, Finding.PASS), (13, Finding.FAIL)])
def test_a_picture_that_is_unlike_for_a_blink_is_left_out_and_for_longer_a_cut(
    frames: int, finding: Finding
) -> None:
    observation = observed(rig(), frames=150, response=0.1)
    taken_in = observation.response.frames
    other = np.random.default_rng(1).uniform(0.1, 0.3, (ROWS, COLUMNS, 3)).astype(np.float32)
    for k in range(150, 150 + frames):
        shot = frame(k)
        observation.track.note_frame(shot)
        observation.track.note_face(True, same=observation.add(other, shot, TRANSFORM))
    assert observation.response.frames == taken_in
    evidence = judge(observation, rig(), Policy(decoys=1023), bytes(32), 0.0).evidence
    assert evidence.continuity.finding is finding
    assert evidence.freshness.finding is Finding.PASS


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda o: setattr(o.track, "longest_unlike", 13), ReasonCode.SCENE_CUT),
        (lambda o: setattr(o.track, "several", 1), ReasonCode.SEVERAL_FACES),
        (lambda o: setattr(o.track, "lost", 30), ReasonCode.FACE_LOST),
        (lambda o: setattr(o.track, "longest_loss", 13), ReasonCode.FACE_LOST),
        (lambda o: setattr(o.track, "motion", 0.6), ReasonCode.EXCESSIVE_MOTION),
        (lambda o: o.track.metadata.append(CameraMetadata(locked=None)), ReasonCode.CAMERA_NOT_LOCKED),
        (lambda o: o.track.note_frame(frame(101, gain=1.2)), ReasonCode.CAMERA_NOT_LOCKED),
        (lambda o: o.track.metadata.clear(), ReasonCode.CAMERA_NOT_LOCKED),
        (lambda o: o.track.times_s.__delitem__(slice(10, 50)), ReasonCode.DROPPED_FRAMES),
    ],
)
def test_every_break_of_continuity_has_its_reason(spoil: object, reason: ReasonCode) -> None:
    observation = observed(rig(), response=0.1)
    assert callable(spoil)
    spoil(observation)
    evidence = judge(observation, rig(), Policy(decoys=1023), bytes(32), 0.0).evidence
    assert evidence.continuity.finding is not Finding.PASS
    assert reason in evidence.continuity.reasons
    assert not judge_if_enough(observation, rig(), Policy(decoys=1023), bytes(32), 0.0)


def test_a_screen_that_lost_time_is_inconclusive() -> None:
    evidence = judge(observed(rig(), response=0.1), rig(), Policy(decoys=1023), bytes(32), 0.2).evidence
    assert ReasonCode.SCREEN_LOST_TIME in evidence.continuity.reasons


def test_all_looks_together_err_as_seldom_as_one() -> None:
    for decoys in (2**10 - 1, 2**20 - 1):
        assert len(LOOKS) / (decoys_at_a_look(decoys) + 1) == 1 / (decoys + 1)


def test_the_last_look_is_at_the_end_and_none_is_late_for_the_promised_light() -> None:
    challenge = Challenge.generate(bytes(32))
    assert LOOKS[-1] == len(challenge)
    assert list(LOOKS) == sorted(set(LOOKS))
    assert challenge.duration_s <= 3.2


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


def test_a_coefficient_near_its_threshold_is_inconclusive_and_not_a_pass() -> None:
    assert relief.CLEARANCE_Z >= 2
    assert 0 < relief.MIN_ACROSS < relief.MIN_DOWN < relief.MAX_COEFFICIENT
