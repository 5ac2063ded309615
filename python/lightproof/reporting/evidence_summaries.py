"""The evidence of a session in words and figures: the summary that each cue, and the match, give."""

from __future__ import annotations

from lightproof import matching
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
from lightproof.session import Session
from lightproof.summary import EvidenceSummary


def evidence_summaries(session: Session, policy: Policy) -> list[EvidenceSummary]:
    """Return the parts of a session's evidence in the order of the session; empty where it has none."""
    evidence = session.evidence
    if evidence is None:
        return []
    return [
        response.summary(evidence.response, policy),
        continuity.summary(evidence.continuity),
        freshness.summary(evidence.freshness),
        latency.summary(evidence.latency),
        relief.summary(evidence.relief),
        reflectance.summary(evidence.reflectance),
        identity.summary(evidence.identity),
        lit_face.summary(evidence.lit_face),
        matching.summary(session.match, policy),
    ]
