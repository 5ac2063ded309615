"""What was measured: the parts of the evidence that somebody is present, each with its own finding.

Figures stay on the device. They are shown to engineers, never to the person, and are no part of the signed
result.
"""

from __future__ import annotations

from dataclasses import dataclass

from lightproof.verdict import Finding, ReasonCode


@dataclass(frozen=True, slots=True)
class ResponseEvidence:
    """Whether the screen's light can be seen on the face at all.

    ``strength`` is the light of a full white screen on the face divided by the ambient light on it (a
    ratio, 0.05 is 5 %), ``sigma`` its standard error, ``channels`` the same in the camera's red, green and
    blue.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    strength: float
    sigma: float
    channels: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class FreshnessEvidence:
    """Whether the light on the face follows this challenge and no other.

    ``rank`` is 1 if the true challenge beat all ``decoys``. The light may have been looked at ``looks``
    times, so ``p_value`` = looks · rank / (decoys + 1), at most 1: it bounds the chance of a video made
    without knowing the challenge, exactly. ``score`` is the sum of squares that the challenge explains in
    units of the noise, ``any_code`` what the best sequence of colours with the same rhythm explains of the
    two colour differences (not of luma, so it can lie below the score): a face that follows another code has
    much of the second and little of the first.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    rank: int
    decoys: int
    p_value: float
    looks: int
    score: float
    any_code: float


@dataclass(frozen=True, slots=True)
class LatencyEvidence:
    """Whether the light came back as fast as this rig's own light does; times in seconds."""

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    latency_s: float | None
    sigma_s: float | None
    calibrated_s: float | None


@dataclass(frozen=True, slots=True)
class ReliefEvidence:
    """Whether the light fell as it falls on this very face if it is solid.

    ``across`` and ``down`` are coefficients on the predicted relief from left to right and from top to
    bottom (0 on paper, about 0.5 and 0.65 on heads), each with its standard error; ``misfit`` is what
    neither relief nor a smooth surface explains, in quotient units (large on glass).
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    across: float | None
    across_sigma: float | None
    down: float | None
    down_sigma: float | None
    misfit: float | None


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


@dataclass(frozen=True, slots=True)
class PresenceEvidence:
    """All parts of the evidence that somebody is present."""

    response: ResponseEvidence
    continuity: ContinuityEvidence
    freshness: FreshnessEvidence
    latency: LatencyEvidence
    relief: ReliefEvidence
