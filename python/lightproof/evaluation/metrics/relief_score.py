"""One number for detection-error-tradeoff curves: how far the relief is from its threshold.

The **relief margin** is what the session itself decides relief by: the standard errors by which a relief
coefficient clears the least that passes, (k - least) / sigma, the smallest of both axes and their mean.
From ``CLEARANCE_Z`` on the relief passes, under ``-CLEARANCE_Z`` it fails, between them it is inconclusive.
Every other cue, and the vetoes of relief itself (misfit, a mirror image, a flat part), decide as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from lightproof.presence.cues import relief as relief_cue
from lightproof.presence.evidence import PresenceEvidence
from lightproof.verdict import Finding

_MIN_SIGMA: Final = 1e-9
"""A coefficient known better than this has a margin beyond every scale, but a finite one."""


@dataclass(frozen=True, slots=True)
class ReliefScore:
    """How far one session was from the threshold of relief.

    Attributes:
        value: the relief margin, in standard errors.
        others_pass: whether every other cue and relief's own vetoes passed.
        needed: standard errors that this session asked for: ``CLEARANCE_Z`` of the software that held it.
    """

    value: float
    others_pass: bool
    needed: float = relief_cue.CLEARANCE_Z


def relief_score(evidence: PresenceEvidence) -> ReliefScore | None:
    """Return the relief score of a session, None where no relief was measured."""
    relief = evidence.relief
    if (
        relief.across is None
        or relief.across_sigma is None
        or relief.down is None
        or relief.down_sigma is None
        or relief.misfit is None
    ):
        return None
    axes = relief_cue.asked_of(
        (relief.across, max(relief.across_sigma, _MIN_SIGMA)),
        (relief.down, max(relief.down_sigma, _MIN_SIGMA)),
    )
    margin = min((k - least) / sigma for k, sigma, least in axes)
    if not math.isfinite(margin):
        return None
    others = (
        evidence.response,
        evidence.continuity,
        evidence.freshness,
        evidence.latency,
        evidence.reflectance,
        evidence.identity,
        evidence.lit_face,
    )
    return ReliefScore(
        margin,
        not relief_cue.is_specular(axes, relief.misfit)
        and not relief_cue.is_flat_somewhere(relief.regions)
        and all(part.finding is Finding.PASS for part in others),
    )
