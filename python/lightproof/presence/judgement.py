"""From what was observed to evidence: the cues in order, each judged on its own, each able to veto.

The thresholds are with the cues, in :mod:`lightproof.presence.cues`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lightproof._core import ResponseMaps
from lightproof.policy import Policy
from lightproof.presence.cues import (
    continuity,
    freshness,
    identity,
    latency,
    lit_face,
    reflectance,
    relief,
    response,
)
from lightproof.presence.cues.continuity import ContinuityEvidence
from lightproof.presence.cues.latency import LatencyCurve
from lightproof.presence.cues.lit_face import LitFaceEvidence
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.presence.evidence import PresenceEvidence, Trace
from lightproof.presence.observation import Observation
from lightproof.presence.swapped_colours import are_colours_swapped
from lightproof.rigs.protocol import RigDescription
from lightproof.verdict import EvidencePart, Finding, ReasonCode


@dataclass(frozen=True, slots=True)
class Judgement:
    """The evidence of presence and, where there was enough to see, the figures behind it."""

    evidence: PresenceEvidence
    trace: Trace | None


def judge(
    observation: Observation,
    rig: RigDescription,
    policy: Policy,
    decoy_seed: bytes,
    flips_late_s: float,
) -> Judgement:
    """Judge every cue.

    Args:
        observation: what was gathered while the challenge played.
        rig: for its calibration and frame rate.
        policy: tolerances and the number of decoys.
        decoy_seed: 32 random bytes that nobody outside the device has seen.
        flips_late_s: the most that a flip came later than the challenge asked, in seconds.
    """
    return _judge(observation, rig, policy, decoy_seed, flips_late_s, lambda cue: None)


def judge_if_enough(
    observation: Observation,
    rig: RigDescription,
    policy: Policy,
    decoy_seed: bytes,
    flips_late_s: float,
) -> Judgement | None:
    """Return what :func:`judge` would if every cue passes already, so that the light can end, or None.

    What looking several times costs is paid by :func:`~lightproof.presence.cues.freshness.decoys_at_a_look`.
    """
    try:
        return _judge(observation, rig, policy, decoy_seed, flips_late_s, _stop_at_doubt)
    except _Doubt:
        return None


def with_all_that_was_seen(
    evidence: PresenceEvidence, observation: Observation, rig: RigDescription, flips_late_s: float
) -> PresenceEvidence:
    """Return evidence from a look, with the continuity and the faces of all that was seen, later too."""
    return replace(
        evidence,
        continuity=continuity.judge(observation, rig, flips_late_s),
        identity=identity.judge(observation.likenesses),
        lit_face=_lit_face_of(evidence, observation),
    )


def _lit_face_of(evidence: PresenceEvidence, observation: Observation) -> LitFaceEvidence:
    """Return what the light shows of the face; nothing where its colours were swapped."""
    if ReasonCode.COLOURS_SWAPPED in evidence.response.reasons:
        return lit_face.NO_LIT_FACE
    return lit_face.judge(observation)


class _Doubt(Exception):
    """A cue does not pass yet."""


def _stop_at_doubt(cue: EvidencePart) -> None:
    if cue.finding is not Finding.PASS:
        raise _Doubt


def _judge(
    observation: Observation,
    rig: RigDescription,
    policy: Policy,
    decoy_seed: bytes,
    flips_late_s: float,
    judged: Callable[[EvidencePart], None],
) -> Judgement:
    """Judge the cues, the cheap ones first and the decoys last; ``judged`` is told of each, and may raise."""
    continuous = continuity.judge(observation, rig, flips_late_s)
    judged(continuous)
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    if face is None:
        judged(response.NO_RESPONSE)
        return _nothing_seen(response.NO_RESPONSE, continuous, observation, policy)
    seen, gains = response.judge(face, observation, policy)
    judged(seen)
    code = freshness.match_code(face, observation)
    if (not code.of_this_challenge or min(seen.channels) <= 0) and are_colours_swapped(observation, code):
        swapped = replace(seen, finding=Finding.INCONCLUSIVE, reasons=(ReasonCode.COLOURS_SWAPPED,))
        judged(swapped)
        return _nothing_seen(swapped, continuous, observation, policy)
    # Light that is not of this challenge has no shape that could be read with it.
    maps = observation.response.solve(gains) if code.of_this_challenge else None
    solid = relief.judge(maps, observation)
    judged(solid)
    one_surface = reflectance.judge(maps, observation)
    judged(one_surface)
    same = identity.judge(observation.likenesses)
    judged(same)
    lit = lit_face.judge(observation)
    judged(lit)
    curve = latency.session_curve(observation)
    in_time = latency.judge(face, curve, observation, policy, decoy_seed)
    judged(in_time)
    fresh, decoy_scores = freshness.judge(face, code, observation, policy, decoy_seed)
    judged(fresh)
    evidence = PresenceEvidence(seen, continuous, fresh, in_time, solid, one_surface, same, lit)
    return Judgement(evidence, _trace(observation, maps, decoy_scores, curve))


def _nothing_seen(
    seen: ResponseEvidence, continuous: ContinuityEvidence, observation: Observation, policy: Policy
) -> Judgement:
    """Return the judgement where the light could not be read, for the reason that ``seen`` has."""
    evidence = PresenceEvidence(
        seen,
        continuous,
        freshness.no_freshness(policy),
        latency.no_latency(observation, policy),
        relief.NO_RELIEF,
        reflectance.NO_REFLECTANCE,
        identity.judge(observation.likenesses),
        lit_face.NO_LIT_FACE,
    )
    return Judgement(evidence, None)


def _trace(
    observation: Observation,
    maps: ResponseMaps | None,
    decoy_scores: NDArray[np.float32],
    curve: LatencyCurve,
) -> Trace:
    prediction = observation.prediction
    empty = np.zeros_like(prediction.across)
    _, across, down = (empty, empty, empty) if maps is None else maps.estimates
    return Trace(
        times_s=np.array(observation.exposures_s).mean(axis=1),
        light=np.stack(observation.light),
        series=observation.response.series,
        decoy_scores=decoy_scores,
        latencies_s=curve.latencies_s,
        latency_curve=curve.explained,
        across=np.asarray(across),
        down=np.asarray(down),
        predicted_across=prediction.across,
        predicted_down=prediction.down,
        mask=prediction.mask,
    )
