"""Response: can the screen's light be seen on the face at all?

Whoever hides from the light, or sits where it drowns, gives no evidence: a weak response is never a failure,
and never a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lightproof._core import FaceLight, response_strength
from lightproof.colour import LUMINANCE
from lightproof.policy import Policy
from lightproof.presence.observation import Observation
from lightproof.summary import EvidenceFigure, EvidenceSummary, percent, with_error
from lightproof.verdict import Finding, ReasonCode

STRENGTH_Z: Final = 3.0
"""Standard errors by which the response must differ from none."""


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


NO_RESPONSE: Final = ResponseEvidence(
    Finding.INCONCLUSIVE, (ReasonCode.WEAK_RESPONSE,), 0.0, float("inf"), (0.0, 0.0, 0.0)
)
"""The evidence of too few frames to see anything."""


def judge(
    face: FaceLight, observation: Observation, policy: Policy
) -> tuple[ResponseEvidence, tuple[float, float, float]]:
    """Return the evidence, and the face's gains in the camera's red, green and blue.

    Args:
        face: the light of the whole face.
        observation: for the timeline and the calibrated latency and mixing.
        policy: asks for a least response.
    """
    gains, score = face.gains(observation.timeline, observation.latency_s)
    channels = response_strength(gains, observation.mixing)
    strength = float(LUMINANCE @ np.array(channels))
    # The score is the square of the signal in standard errors: strength over its error is its root.
    sigma = strength / float(np.sqrt(score)) if score > 0 else float("inf")
    if strength >= policy.min_response and strength > STRENGTH_Z * sigma:
        return ResponseEvidence(Finding.PASS, (), strength, sigma, channels), gains
    reasons = (ReasonCode.WEAK_RESPONSE,)
    return ResponseEvidence(Finding.INCONCLUSIVE, reasons, strength, sigma, channels), gains


def summary(evidence: ResponseEvidence, policy: Policy) -> EvidenceSummary:
    """Return what a report says of the response."""
    strength = with_error(percent(evidence.strength), percent(evidence.sigma))
    red, green, blue = (percent(channel) for channel in evidence.channels)
    return EvidenceSummary(
        "response",
        evidence.finding,
        f"A white screen would add {strength} to the light on the face.",
        evidence.reasons,
        (
            EvidenceFigure(
                "screen light over ambient light", strength, f"at least {percent(policy.min_response)}"
            ),
            EvidenceFigure("the same in the camera's red, green, blue", f"{red}, {green}, {blue}"),
        ),
    )
