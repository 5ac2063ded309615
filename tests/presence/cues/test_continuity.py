"""Continuity: every break in what was seen has its reason, and a blink is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.presence.cues import continuity
from lightproof.presence.cues.continuity import MAX_FLIP_LATE_S, CameraHold, ContinuityEvidence
from lightproof.presence.judgement import judge as judge_all
from lightproof.presence.judgement import judge_if_enough, with_all_that_was_seen
from lightproof.presence.observation import FrameUse, Observation, Track
from lightproof.rigs.protocol import CameraMetadata
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import DECOY_SEED, POLICY, TRANSFORM, frame, observed, rig


def judged(observation: Observation, flips_late_s: float = 0.0) -> ContinuityEvidence:
    return continuity.judge(observation, rig(), flips_late_s)


def solid() -> Observation:
    """Return what passes in every cue."""
    return observed(across=0.6, down=0.7)


def lose_frames(track: Track) -> None:
    del track.times_s[10:50]


def test_one_face_seen_without_a_break_passes() -> None:
    evidence = judged(observed())
    assert (evidence.finding, evidence.reasons) == (Finding.PASS, ())
    assert (evidence.frames, evidence.lost, evidence.dropped, evidence.motion) == (100, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("spoil", "finding", "reason"),
    [
        (lambda track: setattr(track, "longest_away_s", 0.5), Finding.INCONCLUSIVE, ReasonCode.SCENE_CUT),
        (lambda track: setattr(track, "broken", True), Finding.INCONCLUSIVE, ReasonCode.SCENE_CUT),
        (lambda track: setattr(track, "several", 1), Finding.FAIL, ReasonCode.SEVERAL_FACES),
        (lambda track: setattr(track, "lost", 30), Finding.INCONCLUSIVE, ReasonCode.FACE_LOST),
        (lambda track: setattr(track, "longest_loss", 13), Finding.INCONCLUSIVE, ReasonCode.FACE_LOST),
        (lambda track: setattr(track, "motion", 0.8), Finding.INCONCLUSIVE, ReasonCode.EXCESSIVE_MOTION),
        (
            lambda track: track.metadata.append(CameraMetadata(locked=None)),
            Finding.INCONCLUSIVE,
            ReasonCode.CAMERA_NOT_LOCKED,
        ),
        (
            lambda track: track.note_frame(frame(101, gain=1.2)),
            Finding.INCONCLUSIVE,
            ReasonCode.CAMERA_NOT_LOCKED,
        ),
        (lambda track: track.metadata.clear(), Finding.INCONCLUSIVE, ReasonCode.CAMERA_NOT_LOCKED),
        (lose_frames, Finding.INCONCLUSIVE, ReasonCode.DROPPED_FRAMES),
    ],
)
def test_every_break_has_its_reason_and_ends_no_session_early(
    spoil: Callable[[Track], None], finding: Finding, reason: ReasonCode
) -> None:
    observation = solid()
    assert judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0)
    spoil(observation.track)
    evidence = judged(observation)
    assert (evidence.finding, evidence.reasons) == (finding, (reason,))
    assert not judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0)


@pytest.mark.parametrize(("frames", "finding"), [(12, Finding.PASS), (13, Finding.INCONCLUSIVE)])
def test_a_picture_that_is_unlike_for_a_blink_is_left_out_and_for_longer_the_face_is_lost(
    frames: int, finding: Finding
) -> None:
    observation = observed(frames=150)
    taken_in = observation.response.frames
    other = np.random.default_rng(1).uniform(0.02, 0.6, (ROWS, COLUMNS, 3)).astype(np.float32)
    for k in range(150, 150 + frames):
        shot = frame(k)
        observation.track.note_frame(shot)
        observation.track.note_face(True, same=observation.add(other, shot, TRANSFORM) is not FrameUse.UNLIKE)
    assert observation.response.frames == taken_in
    evidence = judged(observation)
    assert evidence.finding is finding
    assert evidence.reasons == (() if finding is Finding.PASS else (ReasonCode.FACE_LOST,))
    # What was left out leaves the other cues as they were.
    assert judge_all(observation, rig(), POLICY, DECOY_SEED, 0.0).evidence.freshness.finding is Finding.PASS


def drifting(
    track: Track, gain_per_s: float = 0.0, colour_per_s: float = 0.0, *, locked: bool | None = True
) -> None:
    track.metadata[:] = [CameraMetadata(gain=1.0, white_balance=(1.0, 1.0), locked=locked)] * track.frames
    for k, time_s in enumerate(track.times_s):
        passed_s = time_s - track.times_s[0]
        change = np.array([gain_per_s + colour_per_s, gain_per_s, gain_per_s]) * passed_s
        track.note_background(frame(k), change)


@pytest.mark.parametrize(
    ("gain_per_s", "colour_per_s", "locked", "camera"),
    [
        (0.0, 0.0, True, CameraHold.LOCKED),
        (0.005, 0.002, True, CameraHold.LOCKED),
        # A lock that is only claimed, and one that is not even that.
        (0.02, 0.0, True, CameraHold.STEADY),
        (0.0, 0.0, None, CameraHold.STEADY),
        (0.02, 0.005, False, CameraHold.STEADY),
        (0.04, 0.0, True, CameraHold.CHANGING),
        (0.0, 0.02, True, CameraHold.CHANGING),
        (0.0, -0.02, False, CameraHold.CHANGING),
    ],
)
def test_a_camera_is_what_its_background_says_it_is(
    gain_per_s: float, colour_per_s: float, locked: bool | None, camera: CameraHold
) -> None:
    observation = observed()
    drifting(observation.track, gain_per_s, colour_per_s, locked=locked)
    evidence = judged(observation)
    assert evidence.camera is camera
    changing = camera is CameraHold.CHANGING
    assert evidence.reasons == ((ReasonCode.CAMERA_NOT_LOCKED,) if changing else ())


@pytest.mark.parametrize(
    ("jitter", "camera"), [(1e-6, CameraHold.LOCKED), (5e-4, CameraHold.LOCKED), (5e-3, CameraHold.STEADY)]
)
def test_a_white_balance_that_jitters_by_rounding_is_held_and_one_that_moves_is_not(
    jitter: float, camera: CameraHold
) -> None:
    observation = observed()
    drifting(observation.track)
    metadata = observation.track.metadata
    metadata[:] = [
        CameraMetadata(gain=1.0, white_balance=(1.9 * (1 + jitter * (k % 2)), 1.4), locked=True)
        for k in range(len(metadata))
    ]
    assert judged(observation).camera is camera


def test_a_white_balance_that_is_told_now_and_then_is_not_held() -> None:
    observation = observed()
    drifting(observation.track)
    observation.track.metadata[0] = CameraMetadata(gain=1.0, white_balance=None, locked=True)
    assert judged(observation).camera is CameraHold.STEADY


def test_the_colours_of_the_screen_on_the_wall_are_no_drift() -> None:
    observation = observed()
    track = observation.track
    drifting(track)
    track.background[:] = [
        (exposure_s, 0.05 * observation.timeline.light(*exposure_s, observation.latency_s).mean(axis=0))
        for exposure_s, _ in track.background
    ]
    assert judged(observation).camera is CameraHold.LOCKED


def test_a_gain_that_jumps_by_its_own_account_is_not_excused_by_the_background() -> None:
    observation = observed()
    drifting(observation.track, locked=False)
    observation.track.metadata[50] = CameraMetadata(gain=1.2, locked=False)
    assert judged(observation).reasons == (ReasonCode.CAMERA_NOT_LOCKED,)


def test_a_break_that_would_be_a_failure_is_not_excused_by_a_doubt() -> None:
    observation = observed()
    observation.track.several = 1
    observation.track.motion = 0.8
    assert judged(observation).finding is Finding.FAIL
    assert judged(observation).reasons == (ReasonCode.SEVERAL_FACES,)


def test_a_screen_that_lost_more_time_than_is_safe_is_inconclusive() -> None:
    assert judged(observed(), MAX_FLIP_LATE_S).finding is Finding.PASS
    evidence = judged(observed(), MAX_FLIP_LATE_S + 0.001)
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.SCREEN_LOST_TIME,))


def test_no_frames_at_all_are_inconclusive() -> None:
    evidence = judged(observed(frames=0))
    assert evidence.finding is Finding.INCONCLUSIVE
    assert ReasonCode.DROPPED_FRAMES in evidence.reasons
    assert evidence.dropped == 1.0


def test_a_break_after_the_last_look_counts_as_well() -> None:
    observation = solid()
    judgement = judge_if_enough(observation, rig(), POLICY, DECOY_SEED, 0.0)
    assert judgement is not None
    observation.track.several = 1
    evidence = with_all_that_was_seen(judgement.evidence, observation, rig(), 0.0)
    assert evidence.continuity.reasons == (ReasonCode.SEVERAL_FACES,)
    assert evidence.relief == judgement.evidence.relief
