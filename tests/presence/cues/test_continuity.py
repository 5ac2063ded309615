"""Continuity: every break in what was seen has its reason, and a blink is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.presence.cues import continuity
from lightproof.presence.cues.continuity import MAX_FLIP_LATE_S, ContinuityEvidence
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
        (lambda track: setattr(track, "motion", 0.6), Finding.INCONCLUSIVE, ReasonCode.EXCESSIVE_MOTION),
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


def test_a_break_that_would_be_a_failure_is_not_excused_by_a_doubt() -> None:
    observation = observed()
    observation.track.several = 1
    observation.track.motion = 0.6
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
