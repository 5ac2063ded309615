"""Freshness: does the light on the face follow *this* challenge, and no other?

Whoever films a face beforehand, or makes one up, does not know the challenge: it is then one among equals
with its decoys, and comes first with a chance that is known exactly, whatever the video shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import FaceLight
from lightproof.cores import usable_cores
from lightproof.policy import Policy
from lightproof.presence.observation import Observation
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, power_of_ten
from lightproof.verdict import Finding, ReasonCode

LOOKS: Final = (6, 7, 8, 10, 12, 16)
"""Dwells after which the evidence is looked at: 1.2, 1.4, 1.6, 2.0, 2.4 and 3.2 s of standard light.
Six dwells hold 35 bits of the code and give the 30 frames, at 30 a second, that freshness needs. Every look
costs decoys, so later, where another dwell adds little to what is there, they are further apart."""

UNCALIBRATED_SEARCH_S: Final = (0.0, 0.04, 0.08, 0.12, 0.16, 0.20)
"""Latencies at which freshness is scored on a rig that was never calibrated: a dwell of 0.2 s blurs 20 ms
either way."""

MIN_ANY_CODE_F: Final = 8.0
"""Ratio of variances above which a face follows *some* sequence of colours: above 5 for 32 and 60 degrees
of freedom chance is under 10⁻⁹; 8 leaves room for motion that is not quite noise."""

MIN_CODE_SHARE: Final = 0.55
"""Share of what the best code of this rhythm explains that this challenge explains, where the light is of
this challenge. On path-traced subjects with an even number, at 2 to 10 % response, its own light had 0.98 and
more on heads and prints and 0.61 and more on screens, which mirror a part of it; light of other challenges
had at most 0.45 after all dwells (0.77 after the first look). docs/freshness.md has the odd ones."""


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
class CodeMatch:
    """How much of the light's code is this challenge's, without asking any decoy.

    ``any_code`` is what the best code of this rhythm explains, ``share`` what this challenge explains of it,
    a ratio. ``of_this_challenge`` says that this challenge explains nearly all that any code of its rhythm
    does, ``of_another`` that the light certainly follows a code, and not this one. Neither holds where the
    light is too weak to tell.
    """

    any_code: float
    share: float
    of_this_challenge: bool
    of_another: bool


def no_freshness(policy: Policy) -> FreshnessEvidence:
    """Return the evidence of too few frames to see anything."""
    decoys = decoys_at_a_look(policy.decoys)
    reasons = (ReasonCode.FRESHNESS_UNCLEAR,)
    return FreshnessEvidence(Finding.INCONCLUSIVE, reasons, decoys + 1, decoys, 1.0, len(LOOKS), 0.0, 0.0)


def match_code(face: FaceLight, observation: Observation) -> CodeMatch:
    """Return how much of the light's code is this challenge's, at the latency at which that is most.

    On a rig that was never calibrated no light is known to be of another challenge: it may only be later than
    the latencies that are tried.
    """
    matches = [_match_at(face, observation, latency_s) for latency_s in latencies_ranked_s(observation)]
    return max(matches, key=lambda match: match.share)


def _match_at(face: FaceLight, observation: Observation, latency_s: float) -> CodeMatch:
    _, score = face.gains(observation.timeline, latency_s)
    found = face.any_code(observation.timeline, latency_s)
    rest_freedom = max(found.total_freedom - found.freedom, 1)
    rest = max(found.total - found.explained, 1e-12)
    ratio = (found.explained / max(found.freedom, 1)) / (rest / rest_freedom)
    share = score / found.explained if found.explained > 0 else 0.0
    calibrated = observation.calibrated_s is not None
    of_another = calibrated and share < MIN_CODE_SHARE and ratio > MIN_ANY_CODE_F
    return CodeMatch(found.explained, share, share >= MIN_CODE_SHARE, of_another)


def judge(
    face: FaceLight, code: CodeMatch, observation: Observation, policy: Policy, decoy_seed: bytes
) -> tuple[FreshnessEvidence, NDArray[np.float32]]:
    """Return the evidence, and the decoys' scores.

    Args:
        face: the light of the whole face.
        code: of the same light.
        observation: for the timeline and the calibrated latency.
        policy: asks for a number of decoys.
        decoy_seed: 32 random bytes that nobody outside the device has seen.
    """
    rank, decoy_scores = face.rank(
        observation.timeline,
        latencies_ranked_s(observation),
        decoy_seed=decoy_seed,
        decoys=decoys_at_a_look(policy.decoys),
        threads=usable_cores(),
    )
    finding, reasons = _finding(rank.rank, code)
    p_value = min(1.0, len(LOOKS) * rank.p_value)
    evidence = FreshnessEvidence(
        finding, reasons, rank.rank, rank.decoys, p_value, len(LOOKS), rank.score, code.any_code
    )
    return evidence, decoy_scores


def _finding(rank: int, code: CodeMatch) -> tuple[Finding, tuple[ReasonCode, ...]]:
    if rank == 1:
        return Finding.PASS, ()
    # Asked of the light itself and not of the rank, so that no lucky draw of decoys changes the reason.
    if code.of_another:
        return Finding.FAIL, (ReasonCode.STALE_LIGHT,)
    return Finding.INCONCLUSIVE, (ReasonCode.FRESHNESS_UNCLEAR,)


def decoys_at_a_look(decoys: int) -> int:
    """Return how many decoys the challenge has to beat at each look, for a policy that asks for ``decoys``.

    All looks together then err as seldom as one may.

    A wrong challenge passes a look among K' decoys with P <= 1 / (K' + 1), and one of J looks with at most
    J times that (the union bound holds however the looks depend on each other): K' + 1 >= J (K + 1) keeps
    the sum at or below 1 / (K + 1). All mixes of n drawn challenges and the true one are (n + 1)², so K' is
    the next square, less the true one.
    """
    return (math.isqrt(len(LOOKS) * (decoys + 1) - 1) + 1) ** 2 - 1


def latencies_ranked_s(observation: Observation) -> tuple[float, ...]:
    """Return the latencies at which freshness is scored: the rig's own, or several where it is unknown."""
    return UNCALIBRATED_SEARCH_S if observation.calibrated_s is None else (observation.latency_s,)


def summary(evidence: FreshnessEvidence) -> EvidenceSummary:
    """Return what a report says of freshness."""
    challenges = evidence.decoys + 1
    if evidence.rank == 1:
        headline = f"Explains the light better than each of {evidence.decoys:,} decoys."
    else:
        headline = f"Rank {evidence.rank:,} of {challenges:,}: others explain the light as well or better."
    return EvidenceSummary(
        "freshness",
        evidence.finding,
        headline,
        evidence.reasons,
        (
            EvidenceFigure("rank among challenges", f"{evidence.rank:,} of {challenges:,}", "1"),
            EvidenceFigure(
                "p-value",
                power_of_ten(evidence.p_value),
                f"at most {power_of_ten(evidence.looks / challenges)}",
            ),
            EvidenceFigure("looks at the light that this allows for", f"{evidence.looks}"),
            EvidenceFigure("score of this challenge", number(evidence.score, 1)),
            EvidenceFigure(
                "the same, of the best code of this rhythm, by colour alone", number(evidence.any_code, 1)
            ),
        ),
    )
