"""Continuity: was one face seen without a break, by a camera that held still, under a screen that kept time?

An attacker would let one face answer the light and show another in between, or change the camera's gain along
with the light: a second face, a cut, and frames or locks that cannot be accounted for are what is looked for.
A cut is a break between one frame and the next after which what was there does not come back. It is no
evidence, whoever it shows afterwards; that it shows somebody else is for identity to say, and a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lightproof.presence.observation import Observation, Track
from lightproof.rigs.protocol import RigDescription
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, percent
from lightproof.verdict import Finding, ReasonCode

MAX_LOST: Final = 0.10
"""Share of frames in which the face was not seen."""

MAX_DROPPED: Final = 0.20
"""Share of frames that never came."""

MAX_LOSS_S: Final = 0.4
"""A blink takes 0.1 to 0.4 s, and in light from one side it can make a picture unlike the rest or hide the
face; what does not come back after a break was cut."""

MAX_MOTION: Final = 0.35
"""In eye distances: a face that moved by a third of its eye distance lit other cells."""

MAX_GAIN_CHANGE: Final = 0.01
"""Exposure and gain that differ by more than 1 % between frames were not locked."""

MAX_FLIP_LATE_S: Final = 0.05
"""Three refreshes at 60 Hz: a screen that loses more cannot keep the rhythm that is safe to look at."""


@dataclass(frozen=True, slots=True)
class ContinuityEvidence:
    """Whether one face was seen without a break, by a camera that held still, under a screen that kept time.

    ``motion`` is the largest distance of the face from where it started, in eye distances; ``lost`` the
    share of frames in which this face was not seen; ``dropped`` the share of frames that never came.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    frames: int
    lost: float
    dropped: float
    motion: float


def judge(observation: Observation, rig: RigDescription, flips_late_s: float) -> ContinuityEvidence:
    """Return the evidence; ``flips_late_s`` is the most that a flip came late, in seconds."""
    track = observation.track
    lost = track.lost / max(track.frames, 1)
    dropped = _dropped(track.times_s, rig.frame_rate_hz)
    failures = [ReasonCode.SEVERAL_FACES] if track.several else []
    doubts = []
    max_loss_frames = MAX_LOSS_S * rig.frame_rate_hz
    if track.broken or track.longest_away_s > MAX_LOSS_S:
        doubts.append(ReasonCode.SCENE_CUT)
    if lost > MAX_LOST or track.longest_loss > max_loss_frames:
        doubts.append(ReasonCode.FACE_LOST)
    if track.motion > MAX_MOTION:
        doubts.append(ReasonCode.EXCESSIVE_MOTION)
    if dropped > MAX_DROPPED:
        doubts.append(ReasonCode.DROPPED_FRAMES)
    if flips_late_s > MAX_FLIP_LATE_S:
        doubts.append(ReasonCode.SCREEN_LOST_TIME)
    if not _locked(track):
        doubts.append(ReasonCode.CAMERA_NOT_LOCKED)
    finding = Finding.FAIL if failures else Finding.INCONCLUSIVE if doubts else Finding.PASS
    return ContinuityEvidence(finding, tuple(failures or doubts), track.frames, lost, dropped, track.motion)


def summary(evidence: ContinuityEvidence) -> EvidenceSummary:
    """Return what a report says of continuity."""
    lost = f"{percent(evidence.lost)} of them without the face" if evidence.lost else "the face in each"
    return EvidenceSummary(
        "continuity",
        evidence.finding,
        f"{evidence.frames:,} frames, {lost}; it moved by {number(evidence.motion, 2)} eye distances.",
        evidence.reasons,
        (
            EvidenceFigure("frames", f"{evidence.frames:,}"),
            EvidenceFigure("frames without the face", percent(evidence.lost), f"at most {percent(MAX_LOST)}"),
            EvidenceFigure(
                "frames that never came", percent(evidence.dropped), f"at most {percent(MAX_DROPPED)}"
            ),
            EvidenceFigure(
                "largest motion, in eye distances", number(evidence.motion, 2), f"at most {MAX_MOTION:.2f}"
            ),
        ),
    )


def _dropped(times_s: list[float], frame_rate_hz: float) -> float:
    """Return the share of frames that never came, from the gaps between those that did."""
    if len(times_s) < 2:
        return 1.0
    expected = round((times_s[-1] - times_s[0]) * frame_rate_hz) + 1
    return max(0.0, 1.0 - len(times_s) / expected)


def _locked(track: Track) -> bool:
    """Return whether the frames' own metadata prove that exposure, gain and white balance were held."""
    if not track.metadata or any(metadata.locked is not True for metadata in track.metadata):
        return False
    gains = [metadata.gain for metadata in track.metadata if metadata.gain is not None]
    held = all(_spread(values) <= MAX_GAIN_CHANGE for values in (gains, track.exposures) if values)
    return held and len({metadata.white_balance for metadata in track.metadata}) == 1


def _spread(values: list[float]) -> float:
    return (max(values) - min(values)) / max(max(values), 1e-12)
