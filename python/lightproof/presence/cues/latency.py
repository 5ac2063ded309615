"""Latency: did the light come back as fast as this rig's own light does?

Whoever re-lights a fake elsewhere must see the screen first and answer: at least a display's and a camera's
frame late. To hide it, somebody would stamp the frames back by as much, or leave out those in which it would
be seen: so frames have to arrive as this camera delivers them, and none may be missing just at the flips
(:mod:`~lightproof.presence.arrivals`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import FaceLight
from lightproof.policy import Policy
from lightproof.presence.arrivals import Arriving, judge_arrivals
from lightproof.presence.observation import Observation
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import Calibration
from lightproof.summary import EvidenceFigure, EvidenceSummary, milliseconds, with_error
from lightproof.verdict import Finding, ReasonCode

SEARCHED_OFFSETS_S: Final = np.arange(-0.120, 0.320, 0.004)
"""Where the latency is looked for, around the calibrated one: a relay of up to 0.3 s shows its peak."""

SYSTEMATIC_S: Final = 0.004
"""What the latency errs beyond its statistical error, because parts of a frame period see no flip: sessions
in simulation were off by 3 ms (standard deviation) at 30 frames a second, hardly more at 5 % than at 15 %
response."""

MAX_TOLERANCE_S: Final = 0.040
"""At most, and where the rig's spread was never calibrated: a relay's own screen and camera take 50 ms."""

TOLERANCE_SIGMAS: Final = 3
"""The tolerance in standard deviations of what calibration and session err together: one honest session in
370 would be outside if that were normal. It is bounded, since pauses between exposures are."""

MAX_SIGMA_S: Final = 0.013
"""A third of the 40 ms tolerance: a latency known less well tells no relay from the rig."""

MAX_SIGMA_SHARE: Final = 0.5
"""A standard error of more than half of a tolerance that is smaller tells no relay either."""

DECOYS_OF_LATE_LIGHT: Final = 2**14 - 1
"""Decoys against which late light is told from other light: the 110 latencies of the curve give chance 1 in
150."""

_PEAK_HALF_WIDTH: Final = 3
"""Samples of the curve on either side of its peak: 24 ms, well inside the peak of a 200 ms dwell."""


_BENT: Final = {
    Arriving.LATE: ReasonCode.LATE_FRAMES,
    Arriving.HIDDEN: ReasonCode.FRAMES_HIDDEN,
}
"""What is said of frames that cannot have been exposed when they say, or were left out."""


@dataclass(frozen=True, slots=True)
class LatencyEvidence:
    """Whether the light came back as fast as this rig's own light does; times in seconds."""

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    latency_s: float | None
    sigma_s: float | None
    calibrated_s: float | None
    tolerance_s: float
    latency_class: LatencyClass


@dataclass(frozen=True, slots=True, eq=False)
class LatencyCurve:
    """How much the challenge explains at each latency, in units of the noise; float64, (N,) each."""

    latencies_s: NDArray[np.float64]
    explained: NDArray[np.float64]


def no_latency(observation: Observation, policy: Policy) -> LatencyEvidence:
    """Return the evidence of light that shows no latency; frames that were all late leave none."""
    arriving = _arriving(observation)
    finding = Finding.FAIL if arriving in _BENT else Finding.INCONCLUSIVE
    reasons = (_BENT.get(arriving, ReasonCode.LATENCY_UNCLEAR),)
    return LatencyEvidence(
        finding,
        reasons,
        None,
        None,
        observation.calibrated_s,
        tolerance_of(observation.calibration, policy),
        observation.latency_class,
    )


def tolerance_of(calibration: Calibration, policy: Policy) -> float:
    """Return how far a session's latency may be from the rig's, in seconds.

    It follows from the rig's own spread from challenge to challenge; the policy can only tighten it.
    """
    if calibration.spread_s is None:
        return min(policy.latency_tolerance_s, MAX_TOLERANCE_S)
    own_s = TOLERANCE_SIGMAS * float(np.hypot(calibration.spread_s, SYSTEMATIC_S))
    return min(policy.latency_tolerance_s, own_s, MAX_TOLERANCE_S)


def _arriving(observation: Observation) -> Arriving:
    lights_s = np.array(observation.timeline.flips_s) + observation.latency_s
    return judge_arrivals(observation.track.arrivals, lights_s, observation.calibration)


def session_curve(observation: Observation) -> LatencyCurve:
    """Return the curve around the latency that the session expects."""
    return latency_curve(observation, observation.latency_s + SEARCHED_OFFSETS_S)


def latency_curve(observation: Observation, latencies_s: NDArray[np.float64]) -> LatencyCurve:
    """Return how much the challenge explains at each latency, summed over the bands of the face.

    A rolling shutter exposes the bands one after another. Together they see moments that no whole frame
    sees, so the curve has its peak where the light came, also when the flips always fall on the same part
    of a frame.
    """
    explained = np.zeros_like(latencies_s)
    for band in observation.response.band_lights(observation.band_exposures_s, observation.mixing):
        explained += band.latency_curve(observation.timeline, latencies_s)
    return LatencyCurve(latencies_s, explained)


def peak_s(curve: LatencyCurve) -> tuple[float, float] | None:
    """Return the latency at which the challenge explains most, and its standard error; None at the ends.

    The curve is twice a log-likelihood, so a parabola through its peak gives both: σ² = −2 / curvature.
    """
    latencies_s, explained = curve.latencies_s, curve.explained
    k = int(np.argmax(explained))
    low, high = k - _PEAK_HALF_WIDTH, k + _PEAK_HALF_WIDTH
    if low < 0 or high >= len(explained) or explained[k] <= 0:
        return None
    a, b, _ = np.polyfit(latencies_s[low : high + 1] - latencies_s[k], explained[low : high + 1], 2)
    if a >= 0:
        return None
    return float(latencies_s[k] - b / (2 * a)), float(np.sqrt(-1 / a))


def judge(
    face: FaceLight, curve: LatencyCurve, observation: Observation, policy: Policy, decoy_seed: bytes
) -> LatencyEvidence:
    """Return the evidence.

    Args:
        face: the light of the whole face.
        curve: of the same light, by :func:`session_curve`.
        observation: for the timeline and the calibrated latency.
        policy: may tolerate less difference from the calibrated latency than the rig's spread does.
        decoy_seed: 32 random bytes that nobody outside the device has seen.
    """
    arriving = _arriving(observation)
    peak = peak_s(curve)
    if peak is None:
        return no_latency(observation, policy)
    latency_s, sigma_s = peak[0], float(np.hypot(peak[1], SYSTEMATIC_S))
    calibrated_s = observation.calibrated_s
    tolerance_s = tolerance_of(observation.calibration, policy)

    def found(finding: Finding, *reasons: ReasonCode) -> LatencyEvidence:
        return LatencyEvidence(
            finding, reasons, latency_s, sigma_s, calibrated_s, tolerance_s, observation.latency_class
        )

    if arriving in _BENT:
        return found(Finding.FAIL, _BENT[arriving])
    if calibrated_s is None:
        return found(Finding.INCONCLUSIVE, ReasonCode.RIG_NOT_CALIBRATED)
    if arriving is Arriving.UNCLEAR:
        return found(Finding.INCONCLUSIVE, ReasonCode.LATENCY_UNCLEAR)
    if sigma_s > min(MAX_SIGMA_S, MAX_SIGMA_SHARE * tolerance_s):
        return found(Finding.INCONCLUSIVE, ReasonCode.LATENCY_UNCLEAR)
    if abs(latency_s - calibrated_s) <= tolerance_s:
        return found(Finding.PASS)
    # Light of another challenge has no latency to this one: its peak is a coincidence, unless this
    # challenge is also the first of its decoys at that latency.
    there, _ = face.rank(
        observation.timeline, [latency_s], decoy_seed=decoy_seed, decoys=DECOYS_OF_LATE_LIGHT
    )
    if there.rank > 1:
        return found(Finding.INCONCLUSIVE, ReasonCode.LATENCY_UNCLEAR)
    return found(Finding.FAIL, ReasonCode.LATE_LIGHT)


def summary(evidence: LatencyEvidence) -> EvidenceSummary:
    """Return what a report says of the latency."""
    measured = with_error(milliseconds(evidence.latency_s), milliseconds(evidence.sigma_s))
    calibrated = milliseconds(evidence.calibrated_s)
    if evidence.latency_s is None:
        headline = "The light shows no clear latency to this challenge."
    elif evidence.calibrated_s is None:
        headline = f"The light took {measured}; this rig was never calibrated."
    else:
        headline = f"The light took {measured}; this rig's own takes {calibrated}."
    tolerance = milliseconds(evidence.tolerance_s)
    limit_s = min(MAX_SIGMA_S, MAX_SIGMA_SHARE * evidence.tolerance_s)
    return EvidenceSummary(
        "latency",
        evidence.finding,
        headline,
        evidence.reasons,
        (
            EvidenceFigure("latency", milliseconds(evidence.latency_s), f"{calibrated} ± {tolerance}"),
            EvidenceFigure(
                "its standard error", milliseconds(evidence.sigma_s), f"at most {limit_s * 1000:.0f} ms"
            ),
            EvidenceFigure("calibrated latency of the rig", calibrated, "known"),
            EvidenceFigure("class of that latency", evidence.latency_class.value),
        ),
    )
