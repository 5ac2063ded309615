"""Continuity: was one face seen without a break, by a camera that held still, under a screen that kept time?

An attacker would let one face answer the light and show another in between, or change the camera's gain along
with the light: a second face, a cut, and frames or locks that cannot be accounted for are what is looked for.
A cut is a break between one frame and the next after which what was there does not come back. It is no
evidence, whoever it shows afterwards; that it shows somebody else is for identity to say, and a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

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

MAX_MOTION: Final = 0.7
"""In eye distances, 4.4 cm: the cells move with the face, but the light was predicted for where it began.
Faces that turned by 15 degrees moved by up to 0.5, and what they gave was clear (2026-11-27)."""

MAX_GAIN_CHANGE: Final = 0.01
"""Exposure and gain that differ by more than 1 % between frames were not locked."""

MAX_BALANCE_CHANGE: Final = 1e-3
"""White balance that differs by more than 0.1 % was not held; drivers that compute it anew jitter by 1e-6."""

MAX_HELD_CHANGE: Final = 0.03
"""Change of the background, over the session, up to which a camera that says it is locked is: the median of
its points is good to half a percent, but all light changes a little with whoever sits before it. In simulated
sessions whose light wanders by 1 % it came to 0.025 (2026-11-27)."""

MAX_STEADY_GAIN_CHANGE: Final = 0.10
MAX_STEADY_COLOUR_CHANGE: Final = 0.03
"""Change of the background up to which a camera that is not locked gives evidence: gain is common to the
channels and cancels in their differences, colour is what the code is written in. Sessions of people with even
numbers whose camera drifted by 2 % a second, or followed the picture within 0.3 s (exposure) and 1 s (white
balance), were verified as others were (2026-11-27)."""

MIN_BACKGROUND_FRAMES: Final = 18
"""Three for each number that is fitted: of a parabola, and of the screen's three channels."""

_RCOND: Final = 1e-6
"""Light that hardly changed in a channel is left out of the fit."""

MAX_FLIP_LATE_S: Final = 0.05
"""Three refreshes at 60 Hz: a screen that loses more cannot keep the rhythm that is safe to look at."""


class CameraHold(StrEnum):
    """How the camera held its exposure and its colours while the light played."""

    LOCKED = "locked"
    """It says that it is locked, and the background bears it out where it can be seen."""
    STEADY = "steady"
    """It is not locked, or only says so, but the background hardly changed."""
    CHANGING = "changing"
    """It changed, or nothing shows that it did not."""


@dataclass(frozen=True, slots=True)
class ContinuityEvidence:
    """Whether one face was seen without a break, by a camera that held still, under a screen that kept time.

    ``motion`` is the largest distance of the face from where it started, in eye distances; ``lost`` the
    share of frames in which this face was not seen; ``dropped`` the share of frames that never came;
    ``camera`` how exposure and colours were held, ``gain_change`` and ``colour_change`` how far the
    background's drifted, as ratios, None where it could not be seen.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    frames: int
    lost: float
    dropped: float
    motion: float
    camera: CameraHold
    gain_change: float | None
    colour_change: float | None


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
    gain_change, colour_change = _drift(observation)
    camera = _hold(track, gain_change, colour_change)
    if camera is CameraHold.CHANGING:
        doubts.append(ReasonCode.CAMERA_NOT_LOCKED)
    finding = Finding.FAIL if failures else Finding.INCONCLUSIVE if doubts else Finding.PASS
    return ContinuityEvidence(
        finding,
        tuple(failures or doubts),
        track.frames,
        lost,
        dropped,
        track.motion,
        camera,
        gain_change,
        colour_change,
    )


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
            EvidenceFigure("camera", evidence.camera.value, "locked or steady"),
            EvidenceFigure(
                "change of the background's brightness",
                percent(evidence.gain_change),
                f"at most {percent(MAX_STEADY_GAIN_CHANGE)}",
            ),
            EvidenceFigure(
                "change of the background's colour",
                percent(evidence.colour_change),
                f"at most {percent(MAX_STEADY_COLOUR_CHANGE)}",
            ),
        ),
    )


def _dropped(times_s: list[float], frame_rate_hz: float) -> float:
    """Return the share of frames that never came, from the gaps between those that did."""
    if len(times_s) < 2:
        return 1.0
    expected = round((times_s[-1] - times_s[0]) * frame_rate_hz) + 1
    return max(0.0, 1.0 - len(times_s) / expected)


def _hold(track: Track, gain_change: float | None, colour_change: float | None) -> CameraHold:
    """Return how the camera held, by what it says of itself and by what its background says of it."""
    seen = gain_change is not None and colour_change is not None
    if _says_locked(track) and (not seen or max(gain_change or 0, colour_change or 0) <= MAX_HELD_CHANGE):
        return CameraHold.LOCKED
    if gain_change is None or colour_change is None or not _gains_within(track, MAX_STEADY_GAIN_CHANGE):
        return CameraHold.CHANGING
    steady = gain_change <= MAX_STEADY_GAIN_CHANGE and colour_change <= MAX_STEADY_COLOUR_CHANGE
    return CameraHold.STEADY if steady else CameraHold.CHANGING


def _says_locked(track: Track) -> bool:
    """Return whether the frames' own metadata say that exposure, gain and white balance were held."""
    if not track.metadata or any(metadata.locked is not True for metadata in track.metadata):
        return False
    return _gains_within(track, MAX_GAIN_CHANGE) and _balance_held(track)


def _balance_held(track: Track) -> bool:
    """Return whether the white balance stayed, but for what a driver's own arithmetic rounds."""
    told = [metadata.white_balance for metadata in track.metadata]
    known = [balance for balance in told if balance is not None]
    if len(known) < len(told) or len({len(balance) for balance in known}) > 1:
        return not known
    return all(_spread(list(gains)) <= MAX_BALANCE_CHANGE for gains in zip(*known, strict=True))


def _gains_within(track: Track, limit: float) -> bool:
    gains = [metadata.gain for metadata in track.metadata if metadata.gain is not None]
    return all(_spread(values) <= limit for values in (gains, track.exposures) if values)


def _drift(observation: Observation) -> tuple[float | None, float | None]:
    """Return how far the background drifted: its green, and its red and blue over green.

    These are ranges of a parabola in time, beside what follows the light of the screen. None where the
    background was seen in fewer than half of the frames, or in too few.
    """
    track, seen = observation.track, len(observation.track.background)
    if seen < max(MIN_BACKGROUND_FRAMES, track.frames / 2):
        return None, None
    exposures_s = [exposure_s for exposure_s, _ in track.background]
    changes = np.stack([change for _, change in track.background])
    ratios = np.column_stack([changes[:, 1], changes[:, 0] - changes[:, 1], changes[:, 2] - changes[:, 1]])
    times_s = np.mean(exposures_s, axis=1)
    u = (times_s - times_s.mean()) / max(float(np.ptp(times_s)), 1e-9)
    powers = np.stack([np.ones_like(u), u, u * u], axis=1)
    light = [
        observation.timeline.light(*exposure_s, observation.latency_s).mean(axis=0)
        for exposure_s in exposures_s
    ]
    fitted, *_ = np.linalg.lstsq(np.column_stack([powers, light]), ratios, rcond=_RCOND)
    gain, red, blue = np.expm1(np.ptp(powers @ fitted[: powers.shape[1]], axis=0))
    return float(gain), float(max(red, blue))


def _spread(values: list[float]) -> float:
    return (max(values) - min(values)) / max(max(values), 1e-12)
