"""One number for detection-error-tradeoff curves: how far the relief is from its threshold.

The **relief score** is the smaller of the two relief coefficients, across and down, each divided by the least
that passes: 0 on paper, about 1.4 to 3 on heads, 1 at the threshold. The session itself decides by more than
this number (it asks for two standard errors of room, and every other cue can veto); the score is for looking
at the trade-off.
"""

from __future__ import annotations

from dataclasses import dataclass

from lightproof.presence.evidence import PresenceEvidence
from lightproof.presence.judgement import RELIEF_ACROSS, RELIEF_DOWN, RELIEF_MISFIT
from lightproof.verdict import Finding


@dataclass(frozen=True, slots=True)
class ReliefScore:
    """``value`` is the relief score; ``others_pass`` is True if every other cue and the relief's misfit
    passed."""

    value: float
    others_pass: bool


def relief_score(evidence: PresenceEvidence) -> ReliefScore | None:
    """Return the relief score of a session, None where no relief was measured."""
    relief = evidence.relief
    if relief.across is None or relief.down is None or relief.misfit is None:
        return None
    others = (evidence.response, evidence.continuity, evidence.freshness, evidence.latency)
    return ReliefScore(
        min(relief.across / RELIEF_ACROSS, relief.down / RELIEF_DOWN),
        relief.misfit <= RELIEF_MISFIT and all(part.finding is Finding.PASS for part in others),
    )
