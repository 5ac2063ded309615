"""From what was observed to evidence: each cue judged on its own, each able to veto.

Every threshold is a named constant with its derivation. Those of relief were chosen on the path-traced bases
of subjects with an even number; what is published is of the others, whom they had not met.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import FaceLight, ResponseMaps, fit_relief, response_strength
from lightproof.policy import Policy
from lightproof.presence.evidence import (
    ContinuityEvidence,
    FreshnessEvidence,
    LatencyEvidence,
    PresenceEvidence,
    ReliefEvidence,
    ResponseEvidence,
)
from lightproof.presence.observation import Observation
from lightproof.rigs.protocol import RigDescription
from lightproof.verdict import Finding, ReasonCode

LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear sRGB in luminance (IEC 61966-2-1)."""

LOOKS: Final = (9, 11, 13, 16)
"""Dwells after which the evidence is looked at: 1.8, 2.2, 2.6 and 3.2 s of standard light. Relief sets the
pace; earlier it is hardly ever clear, and every look costs decoys. A look takes the time of a dwell, while
the light plays on, so the light ends after 2.0, 2.4, 2.8 or 3.2 s."""

UNCALIBRATED_SEARCH_S: Final = (0.0, 0.04, 0.08, 0.12, 0.16, 0.20)
"""Latencies at which freshness is scored on a rig that was never calibrated: a dwell of 0.2 s blurs 20 ms
either way."""

STRENGTH_Z: Final = 3.0
"""Standard errors by which the response must differ from none."""

LATENCIES_S: Final = np.arange(-0.120, 0.320, 0.004)
"""Where the latency is looked for, around the calibrated one: a relay of up to 0.3 s shows its peak."""

LATENCY_SYSTEMATIC_S: Final = 0.004
"""What the latency errs beyond its statistical error, because parts of a frame period see no flip: sessions
in simulation were off by 3 ms (standard deviation) at 30 frames a second, hardly more at 5 % than at 15 %
response."""

MAX_LATENCY_SIGMA_S: Final = 0.013
"""A third of the 40 ms tolerance: a latency known less well tells no relay from the rig."""

LATE_DECOYS: Final = 2**14 - 1
"""Decoys against which late light is told from other light: the 110 latencies of the curve give chance 1 in
150."""

STALE_P: Final = 0.01
"""A challenge that is not among the best 1 % of its decoys, on a face that follows some code, is another
challenge."""

ANY_CODE_F: Final = 8.0
"""Ratio of variances above which a face follows *some* sequence of colours: above 5 for 32 and 60 degrees
of freedom chance is under 10⁻⁹; 8 leaves room for motion that is not quite noise."""

MIN_RELIEF_DOWN: Final = 0.25
MIN_RELIEF_ACROSS: Final = 0.15
"""Least coefficient on the predicted relief: heads had 0.38…1.3 down and 0.32…1.1 across, in any light
(once 0.29 ± 0.11 down); flat, bent and folded prints at most 0.20 down, and where they had more than 0.1
across (up to 0.29, a fold) they had under 0.1 down."""

MAX_RELIEF: Final = 1.8
"""More relief than a head can have: a mirror image of the screen."""

MAX_RELIEF_MISFIT: Final = 0.14
"""Heads leave 0.01…0.05 unexplained (shadows, lips), up to 0.12 where the room lights them from one side
only; glass 0.12…0.8, and what of it is under 0.16 has no relief of a head."""

RELIEF_Z: Final = 2.0
"""Standard errors by which a coefficient must clear its threshold, on either side: between them it is
inconclusive."""

MAX_LOST: Final = 0.10
MAX_DROPPED: Final = 0.20
MAX_LOSS_S: Final = 0.4
MAX_MOTION: Final = 0.35
"""A blink takes 0.1 to 0.4 s, and in light from one side it can make a picture unlike the rest or hide the
face; a picture that stays unlike was cut. A face that moved by a third of its eye distance lit other
cells."""

MAX_GAIN_CHANGE: Final = 0.01
"""Exposure and gain that differ by more than 1 % between frames were not locked."""

MAX_FLIP_LATE_S: Final = 0.05
"""Three refreshes at 60 Hz: a screen that loses more cannot keep the rhythm that is safe to look at."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Intermediate figures for the report; made for engineers, kept only when asked for."""

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


def judge(
    observation: Observation,
    rig: RigDescription,
    policy: Policy,
    decoy_seed: bytes,
    flips_late_s: float,
) -> tuple[PresenceEvidence, Trace | None]:
    """Return the evidence of presence and, where there was enough to see, the figures behind it.

    Args:
        observation: what was gathered while the challenge played.
        rig: for its calibration and frame rate.
        policy: tolerances and the number of decoys.
        decoy_seed: 32 random bytes that nobody outside the device has seen.
        flips_late_s: the most that a flip came later than the challenge asked, in seconds.
    """
    continuity = _continuity(observation, rig, flips_late_s)
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    if face is None:
        return _nothing_seen(observation, continuity, policy), None
    response, gains = _response(face, observation, policy)
    freshness, decoy_scores = _freshness(face, observation, policy, decoy_seed)
    latencies_s = observation.latency_s + LATENCIES_S
    curve = latency_curve(observation, latencies_s)
    latency = _latency(face, latencies_s, curve, observation, policy, decoy_seed)
    # Light that is not of this challenge has no shape that could be read with it.
    this_challenge = freshness.rank <= STALE_P * (freshness.decoys + 1)
    maps = observation.response.solve(gains) if this_challenge else None
    relief = _relief(maps, observation)
    evidence = PresenceEvidence(response, continuity, freshness, latency, relief)
    return evidence, _trace(observation, maps, decoy_scores, latencies_s, curve)


def judge_if_enough(
    observation: Observation,
    rig: RigDescription,
    policy: Policy,
    decoy_seed: bytes,
    flips_late_s: float,
) -> tuple[PresenceEvidence, Trace | None] | None:
    """Return what :func:`judge` would if the evidence passes in every part already, so that the light can
    end, or None.

    The parts that cost little come first; the decoys are drawn only where all others pass, and not a second
    time after the last frame. What looking several times costs is paid by :func:`decoys_at_a_look`.
    """
    continuity = _continuity(observation, rig, flips_late_s)
    if continuity.finding is not Finding.PASS:
        return None
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    if face is None:
        return None
    response, gains = _response(face, observation, policy)
    if response.finding is not Finding.PASS:
        return None
    maps = observation.response.solve(gains)
    relief = _relief(maps, observation)
    if relief.finding is not Finding.PASS:
        return None
    latencies_s = observation.latency_s + LATENCIES_S
    curve = latency_curve(observation, latencies_s)
    latency = _latency(face, latencies_s, curve, observation, policy, decoy_seed)
    if latency.finding is not Finding.PASS:
        return None
    freshness, decoy_scores = _freshness(face, observation, policy, decoy_seed)
    if freshness.finding is not Finding.PASS:
        return None
    evidence = PresenceEvidence(response, continuity, freshness, latency, relief)
    return evidence, _trace(observation, maps, decoy_scores, latencies_s, curve)


def with_final_continuity(
    evidence: PresenceEvidence, observation: Observation, rig: RigDescription, flips_late_s: float
) -> PresenceEvidence:
    """Return evidence from a look with the continuity of everything that was seen, after the look as well."""
    return replace(evidence, continuity=_continuity(observation, rig, flips_late_s))


def decoys_at_a_look(decoys: int) -> int:
    """Return how many decoys the challenge has to beat at each look, so that all looks together err as
    seldom as one.

    A wrong challenge passes a look among K' decoys with P <= 1 / (K' + 1), and one of J looks with at most
    J times that (the union bound holds however the looks depend on each other): K' + 1 = J (K + 1) keeps
    the sum at 1 / (K + 1).
    """
    return len(LOOKS) * (decoys + 1) - 1


def latencies_ranked_s(observation: Observation) -> tuple[float, ...]:
    """Return the latencies at which freshness is scored: the rig's own, or several where it is unknown."""
    return UNCALIBRATED_SEARCH_S if observation.calibrated_s is None else (observation.latency_s,)


def _nothing_seen(
    observation: Observation, continuity: ContinuityEvidence, policy: Policy
) -> PresenceEvidence:
    unseen, decoys = Finding.INCONCLUSIVE, decoys_at_a_look(policy.decoys)
    return PresenceEvidence(
        ResponseEvidence(unseen, (ReasonCode.WEAK_RESPONSE,), 0.0, float("inf"), (0.0, 0.0, 0.0)),
        continuity,
        FreshnessEvidence(
            unseen, (ReasonCode.FRESHNESS_UNCLEAR,), decoys + 1, decoys, 1.0, len(LOOKS), 0.0, 0.0
        ),
        LatencyEvidence(unseen, (ReasonCode.LATENCY_UNCLEAR,), None, None, observation.calibrated_s),
        ReliefEvidence(unseen, (ReasonCode.RELIEF_UNCLEAR,), None, None, None, None, None),
    )


def _response(
    face: FaceLight, observation: Observation, policy: Policy
) -> tuple[ResponseEvidence, tuple[float, float, float]]:
    gains, score = face.gains(observation.timeline, observation.latency_s)
    channels = response_strength(gains, observation.mixing)
    strength = float(LUMINANCE @ np.array(channels))
    # The score is the square of the signal in standard errors: strength over its error is its root.
    sigma = strength / float(np.sqrt(score)) if score > 0 else float("inf")
    if strength >= policy.min_response and strength > STRENGTH_Z * sigma:
        return ResponseEvidence(Finding.PASS, (), strength, sigma, channels), gains
    reasons = (ReasonCode.WEAK_RESPONSE,)
    return ResponseEvidence(Finding.INCONCLUSIVE, reasons, strength, sigma, channels), gains


def _freshness(
    face: FaceLight, observation: Observation, policy: Policy, decoy_seed: bytes
) -> tuple[FreshnessEvidence, NDArray[np.float32]]:
    rank, decoy_scores = face.rank(
        observation.timeline,
        latencies_ranked_s(observation),
        decoy_seed=decoy_seed,
        decoys=decoys_at_a_look(policy.decoys),
        threads=len(os.sched_getaffinity(0)),
    )
    p_value = min(1.0, len(LOOKS) * rank.p_value)
    any_code = face.any_code(observation.timeline, observation.latency_s)
    rest_freedom = max(any_code.total_freedom - any_code.freedom, 1)
    rest = max(any_code.total - any_code.explained, 1e-12)
    ratio = (any_code.explained / max(any_code.freedom, 1)) / (rest / rest_freedom)

    def found(finding: Finding, *reasons: ReasonCode) -> tuple[FreshnessEvidence, NDArray[np.float32]]:
        evidence = FreshnessEvidence(
            finding, reasons, rank.rank, rank.decoys, p_value, len(LOOKS), rank.score, any_code.explained
        )
        return evidence, decoy_scores

    if rank.rank == 1:
        return found(Finding.PASS)
    if rank.p_value > STALE_P and ratio > ANY_CODE_F:
        return found(Finding.FAIL, ReasonCode.STALE_LIGHT)
    return found(Finding.INCONCLUSIVE, ReasonCode.FRESHNESS_UNCLEAR)


def latency_curve(observation: Observation, latencies_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much the challenge explains at each latency, summed over the bands of the face.

    A rolling shutter exposes the bands one after another. Together they see moments that no whole frame
    sees, so the curve has its peak where the light came, also when the flips always fall on the same part
    of a frame.
    """
    bands = observation.response.band_lights(observation.band_exposures_s, observation.mixing)
    curve = np.zeros_like(latencies_s)
    for band in bands:
        curve += band.latency_curve(observation.timeline, latencies_s)
    return curve


def peak_latency_s(
    latencies_s: NDArray[np.float64], curve: NDArray[np.float64]
) -> tuple[float, float] | None:
    """Return the latency at which the challenge explains most, and its standard error; None at the ends.

    The curve is twice a log-likelihood, so a parabola through its peak gives both: σ² = −2 / curvature.
    """
    k = int(np.argmax(curve))
    width = 3  # samples on either side: 24 ms, well inside the peak of a 200 ms dwell
    if k < width or k + width >= len(curve) or curve[k] <= 0:
        return None
    x = latencies_s[k - width : k + width + 1] - latencies_s[k]
    a, b, _ = np.polyfit(x, curve[k - width : k + width + 1], 2)
    if a >= 0:
        return None
    return float(latencies_s[k] - b / (2 * a)), float(np.sqrt(-1 / a))


def _latency(
    face: FaceLight,
    latencies_s: NDArray[np.float64],
    curve: NDArray[np.float64],
    observation: Observation,
    policy: Policy,
    decoy_seed: bytes,
) -> LatencyEvidence:
    calibrated_s = observation.calibrated_s
    peak = peak_latency_s(latencies_s, curve)
    if peak is None:
        return LatencyEvidence(Finding.INCONCLUSIVE, (ReasonCode.LATENCY_UNCLEAR,), None, None, calibrated_s)
    latency_s, sigma_s = peak[0], float(np.hypot(peak[1], LATENCY_SYSTEMATIC_S))

    def found(finding: Finding, *reasons: ReasonCode) -> LatencyEvidence:
        return LatencyEvidence(finding, reasons, latency_s, sigma_s, calibrated_s)

    if calibrated_s is None:
        return found(Finding.INCONCLUSIVE, ReasonCode.RIG_NOT_CALIBRATED)
    if sigma_s > MAX_LATENCY_SIGMA_S:
        return found(Finding.INCONCLUSIVE, ReasonCode.LATENCY_UNCLEAR)
    if abs(latency_s - calibrated_s) <= policy.latency_tolerance_s:
        return found(Finding.PASS)
    # Light of another challenge has no latency to this one: its peak is a coincidence, unless this
    # challenge is also the first of its decoys at that latency.
    there, _ = face.rank(observation.timeline, [latency_s], decoy_seed=decoy_seed, decoys=LATE_DECOYS)
    if there.rank > 1:
        return found(Finding.INCONCLUSIVE, ReasonCode.LATENCY_UNCLEAR)
    return found(Finding.FAIL, ReasonCode.LATE_LIGHT)


def _relief(maps: ResponseMaps | None, observation: Observation) -> ReliefEvidence:
    prediction = observation.prediction
    fit = None if maps is None else fit_relief(maps, prediction.mask, prediction.across, prediction.down)
    if fit is None:
        return ReliefEvidence(
            Finding.INCONCLUSIVE, (ReasonCode.RELIEF_UNCLEAR,), None, None, None, None, None
        )
    (across, across_sigma), (down, down_sigma) = fit.across, fit.down

    def found(finding: Finding, *reasons: ReasonCode) -> ReliefEvidence:
        return ReliefEvidence(finding, reasons, across, across_sigma, down, down_sigma, fit.misfit)

    axes = ((across, across_sigma, MIN_RELIEF_ACROSS), (down, down_sigma, MIN_RELIEF_DOWN))
    if is_specular(axes, fit.misfit):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    if any(k + RELIEF_Z * sigma < least for k, sigma, least in axes):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    if all(k - RELIEF_Z * sigma >= least for k, sigma, least in axes):
        return found(Finding.PASS)
    return found(Finding.INCONCLUSIVE, ReasonCode.RELIEF_UNCLEAR)


def is_specular(axes: tuple[tuple[float, float, float], ...], misfit: float) -> bool:
    """Return whether relief is more than a head has, or light comes back that no surface explains: glass.

    ``axes`` are coefficient, standard error and least that passes; only the first two are looked at.
    """
    return not misfit <= MAX_RELIEF_MISFIT or any(k - RELIEF_Z * sigma > MAX_RELIEF for k, sigma, _ in axes)


def _continuity(observation: Observation, rig: RigDescription, flips_late_s: float) -> ContinuityEvidence:
    track = observation.track
    frames = max(track.frames, 1)
    lost = track.lost / frames
    dropped = _dropped(track.times_s, rig.frame_rate_hz)
    failures = [ReasonCode.SEVERAL_FACES] if track.several else []
    doubts = []
    longest_frames = MAX_LOSS_S * rig.frame_rate_hz
    if track.longest_unlike > longest_frames:
        failures.append(ReasonCode.SCENE_CUT)
    if lost > MAX_LOST or track.longest_loss > longest_frames:
        doubts.append(ReasonCode.FACE_LOST)
    if track.motion > MAX_MOTION:
        doubts.append(ReasonCode.EXCESSIVE_MOTION)
    if dropped > MAX_DROPPED:
        doubts.append(ReasonCode.DROPPED_FRAMES)
    if flips_late_s > MAX_FLIP_LATE_S:
        doubts.append(ReasonCode.SCREEN_LOST_TIME)
    if not _locked(observation):
        doubts.append(ReasonCode.CAMERA_NOT_LOCKED)
    finding = Finding.FAIL if failures else Finding.INCONCLUSIVE if doubts else Finding.PASS
    return ContinuityEvidence(finding, tuple(failures or doubts), track.frames, lost, dropped, track.motion)


def _dropped(times_s: list[float], frame_rate_hz: float) -> float:
    """Return the share of frames that never came, from the gaps between those that did."""
    if len(times_s) < 2:
        return 1.0
    expected = round((times_s[-1] - times_s[0]) * frame_rate_hz) + 1
    return max(0.0, 1.0 - len(times_s) / expected)


def _locked(observation: Observation) -> bool:
    """Return whether the frames' own metadata prove that exposure, gain and white balance were held."""
    track = observation.track
    if not track.metadata or any(metadata.locked is not True for metadata in track.metadata):
        return False
    gains = [metadata.gain for metadata in track.metadata if metadata.gain is not None]
    held = all(_spread(values) <= MAX_GAIN_CHANGE for values in (gains, track.exposures) if values)
    return held and len({metadata.white_balance for metadata in track.metadata}) == 1


def _spread(values: list[float]) -> float:
    return (max(values) - min(values)) / max(max(values), 1e-12)


def _trace(
    observation: Observation,
    maps: ResponseMaps | None,
    decoy_scores: NDArray[np.float32],
    latencies_s: NDArray[np.float64],
    curve: NDArray[np.float64],
) -> Trace:
    prediction = observation.prediction
    empty = np.zeros_like(prediction.across)
    _, across, down = (empty, empty, empty) if maps is None else maps.estimates
    exposures_s = np.array(observation.exposures_s)
    return Trace(
        times_s=exposures_s.mean(axis=1),
        light=np.stack(observation.light),
        series=observation.response.series,
        decoy_scores=decoy_scores,
        latencies_s=latencies_s,
        latency_curve=curve,
        across=np.asarray(across),
        down=np.asarray(down),
        predicted_across=prediction.across,
        predicted_down=prediction.down,
        mask=prediction.mask,
    )
