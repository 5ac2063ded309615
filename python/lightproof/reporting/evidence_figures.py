"""The evidence in figures: each part with its finding, a sentence, and every number beside what is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lightproof.policy import Policy
from lightproof.presence.evidence import (
    ContinuityEvidence,
    FreshnessEvidence,
    LatencyEvidence,
    PresenceEvidence,
    ReliefEvidence,
    ResponseEvidence,
)
from lightproof.presence.judgement import (
    MAX_DROPPED,
    MAX_LATENCY_SIGMA_S,
    MAX_LOST,
    MAX_MOTION,
    MAX_RELIEF,
    MAX_RELIEF_MISFIT,
    MIN_RELIEF_ACROSS,
    MIN_RELIEF_DOWN,
    RELIEF_Z,
)
from lightproof.verdict import Finding, ReasonCode

if TYPE_CHECKING:
    from lightproof.matching import MatchEvidence
    from lightproof.verification import Session

NONE: Final = "–"
"""What stands in the place of a figure that could not be measured."""

_NBSP: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as text; ``wanted`` is what a pass asks for, empty where the number only informs."""

    name: str
    value: str
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the evidence; ``finding`` is None where it was not looked for."""

    name: str
    finding: Finding | None
    headline: str
    reasons: tuple[ReasonCode, ...] = ()
    figures: tuple[Figure, ...] = ()


def parts(session: Session, policy: Policy) -> list[Part]:
    """Return the parts of a session's evidence in the order of the session; empty where it has none."""
    evidence = session.evidence
    if evidence is None:
        return []
    return [*_presence(evidence, policy), _match(session.match, policy)]


def _presence(evidence: PresenceEvidence, policy: Policy) -> list[Part]:
    return [
        _response(evidence.response, policy),
        _continuity(evidence.continuity),
        _freshness(evidence.freshness),
        _latency(evidence.latency, policy),
        _relief(evidence.relief),
    ]


def _response(response: ResponseEvidence, policy: Policy) -> Part:
    strength = _with_error(_percent(response.strength), _percent(response.sigma))
    red, green, blue = (_percent(channel) for channel in response.channels)
    return Part(
        "response",
        response.finding,
        f"A white screen would add {strength} to the light on the face.",
        response.reasons,
        (
            Figure("screen light over ambient light", strength, f"at least {_percent(policy.min_response)}"),
            Figure("the same in the camera's red, green, blue", f"{red}, {green}, {blue}"),
        ),
    )


def _continuity(continuity: ContinuityEvidence) -> Part:
    lost = f"{_percent(continuity.lost)} of them without the face" if continuity.lost else "the face in each"
    return Part(
        "continuity",
        continuity.finding,
        f"{continuity.frames:,} frames, {lost}; it moved by {_number(continuity.motion, 2)} eye distances.",
        continuity.reasons,
        (
            Figure("frames", f"{continuity.frames:,}"),
            Figure("frames without the face", _percent(continuity.lost), f"at most {_percent(MAX_LOST)}"),
            Figure(
                "frames that never came", _percent(continuity.dropped), f"at most {_percent(MAX_DROPPED)}"
            ),
            Figure(
                "largest motion, in eye distances",
                _number(continuity.motion, 2),
                f"at most {MAX_MOTION:.2f}",
            ),
        ),
    )


def _freshness(freshness: FreshnessEvidence) -> Part:
    challenges = freshness.decoys + 1
    if freshness.rank == 1:
        headline = f"Explains the light better than each of {freshness.decoys:,} decoys."
    else:
        headline = f"Rank {freshness.rank:,} of {challenges:,}: others explain the light as well or better."
    return Part(
        "freshness",
        freshness.finding,
        headline,
        freshness.reasons,
        (
            Figure("rank among challenges", f"{freshness.rank:,} of {challenges:,}", "1"),
            Figure(
                "p-value",
                _power_of_ten(freshness.p_value),
                f"at most {_power_of_ten(freshness.looks / challenges)}",
            ),
            Figure("looks at the light that this allows for", f"{freshness.looks}"),
            Figure("score of this challenge", _number(freshness.score, 1)),
            Figure(
                "the same, of the best code of this rhythm, by colour alone", _number(freshness.any_code, 1)
            ),
        ),
    )


def _latency(latency: LatencyEvidence, policy: Policy) -> Part:
    measured = _with_error(_milliseconds(latency.latency_s), _milliseconds(latency.sigma_s))
    calibrated = _milliseconds(latency.calibrated_s)
    if latency.latency_s is None:
        headline = "The light shows no clear latency to this challenge."
    elif latency.calibrated_s is None:
        headline = f"The light took {measured}; this rig was never calibrated."
    else:
        headline = f"The light took {measured}; this rig's own takes {calibrated}."
    tolerance = _milliseconds(policy.latency_tolerance_s)
    return Part(
        "latency",
        latency.finding,
        headline,
        latency.reasons,
        (
            Figure("latency", _milliseconds(latency.latency_s), f"{calibrated} ± {tolerance}"),
            Figure(
                "its standard error",
                _milliseconds(latency.sigma_s),
                f"at most {MAX_LATENCY_SIGMA_S * 1000:.0f} ms",
            ),
            Figure("calibrated latency of the rig", calibrated, "known"),
        ),
    )


def _relief(relief: ReliefEvidence) -> Part:
    across = _with_error(_number(relief.across, 2), _number(relief.across_sigma, 2))
    down = _with_error(_number(relief.down, 2), _number(relief.down_sigma, 2))
    if relief.across is None or relief.down is None:
        headline = "The shape could not be read from the light."
    else:
        headline = f"{across} across and {down} down of what a solid face gives."
    return Part(
        "relief",
        relief.finding,
        headline,
        relief.reasons,
        (
            Figure(
                "coefficient across",
                across,
                f"{MIN_RELIEF_ACROSS:.2f} to {MAX_RELIEF:.1f}, by {RELIEF_Z:.0f} errors",
            ),
            Figure(
                "coefficient down",
                down,
                f"{MIN_RELIEF_DOWN:.2f} to {MAX_RELIEF:.1f}, by {RELIEF_Z:.0f} errors",
            ),
            Figure(
                "misfit, in quotient units", _number(relief.misfit, 3), f"at most {MAX_RELIEF_MISFIT:.2f}"
            ),
        ),
    )


def _match(match: MatchEvidence | None, policy: Policy) -> Part:
    if match is None:
        return Part(
            "match", None, "Presence only was asked for." if policy.presence_only else "No face was compared."
        )
    score, threshold = _number(match.score, 3), _number(match.threshold, 3)
    return Part(
        "match",
        match.finding,
        f"Similarity to the reference {score}, threshold {threshold}.",
        match.reasons,
        (
            Figure("comparison score (cosine)", score, f"at least {threshold}"),
            Figure("false match rate of the threshold", _power_of_ten(match.fmr)),
            Figure("frames compared", f"{match.frames:,}"),
        ),
    )


def _with_error(value: str, error: str) -> str:
    return value if NONE in (value, error) else f"{value} ± {error}"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f}{_NBSP}%" if math.isfinite(ratio) else NONE


def _number(value: float | None, digits: int) -> str:
    return NONE if value is None or not math.isfinite(value) else f"{value:,.{digits}f}".replace("-", "−")


def _milliseconds(value_s: float | None) -> str:
    return (
        NONE
        if value_s is None or not math.isfinite(value_s)
        else f"{1000 * value_s:.1f}{_NBSP}ms".replace("-", "−")
    )


def _power_of_ten(probability: float) -> str:
    """Return a small probability as 9.5 × 10⁻⁷, a large one as it is."""
    if not 0 < probability < 0.001:
        return f"{probability:.3g}"
    mantissa, exponent = f"{probability:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1.0" else f"{mantissa}{_NBSP}×{_NBSP}10{raised}"
