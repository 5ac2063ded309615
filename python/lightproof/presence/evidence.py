"""What was measured: the evidence of every cue, each with its own finding.

Figures stay on the device. They are shown to engineers, never to the person, and are no part of the signed
result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightproof.presence.cues.continuity import ContinuityEvidence
from lightproof.presence.cues.freshness import FreshnessEvidence
from lightproof.presence.cues.identity import IdentityEvidence
from lightproof.presence.cues.latency import LatencyEvidence
from lightproof.presence.cues.lit_face import LitFaceEvidence
from lightproof.presence.cues.reflectance import ReflectanceEvidence
from lightproof.presence.cues.relief import ReliefEvidence
from lightproof.presence.cues.response import ResponseEvidence


@dataclass(frozen=True, slots=True)
class PresenceEvidence:
    """All evidence that somebody is present."""

    response: ResponseEvidence
    continuity: ContinuityEvidence
    freshness: FreshnessEvidence
    latency: LatencyEvidence
    relief: ReliefEvidence
    reflectance: ReflectanceEvidence
    identity: IdentityEvidence
    lit_face: LitFaceEvidence


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Intermediate figures for the report; made for engineers, kept only when asked for.

    Attributes:
        times_s: middle of the exposure of each frame, (N,), in seconds on the rig's clock.
        light: linear light of the quadrants during each, (N, 4, 3).
        series: the three features of the whole face's light, (N, 3).
        decoy_scores: float32, one a decoy.
        latencies_s, latency_curve: what the challenge explains at each latency, (M,) each.
        across, down: measured quotients, (48, 40) each.
        predicted_across, predicted_down: those of a solid face of this shape, (48, 40) each.
        mask: the cells that were looked at, (48, 40).
    """

    times_s: NDArray[np.float64]
    light: NDArray[np.float64]
    series: NDArray[np.float64]
    decoy_scores: NDArray[np.float32]
    latencies_s: NDArray[np.float64]
    latency_curve: NDArray[np.float64]
    across: NDArray[np.float32]
    down: NDArray[np.float32]
    predicted_across: NDArray[np.float32]
    predicted_down: NDArray[np.float32]
    mask: NDArray[np.bool_]
