"""The match: is the face that answered the challenge the face of the reference?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.face.embedding import cosine, mean_direction
from lightproof.policy import Policy
from lightproof.presence.likenesses import LikenessesSoFar
from lightproof.privacy.forget import overwrite
from lightproof.references.document import Reference
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, power_of_ten
from lightproof.verdict import Finding, ReasonCode

MIN_FRAMES: Final = 3
"""Fewer usable frames leave the match inconclusive: one lucky frame is not a session."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """The face of the session: the quality-weighted mean embedding, and how many frames it was made from.

    ``embedding`` is float32 of unit length; None if no frame was usable.
    """

    embedding: NDArray[np.float32] | None = field(repr=False)
    frames: int

    def forget(self) -> None:
        """Overwrite the embedding."""
        if self.embedding is not None:
            overwrite(self.embedding)


@dataclass(frozen=True, slots=True)
class MatchEvidence:
    """What the comparison says.

    ``score`` is a cosine, None where there was nothing to compare; it stays local.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    score: float | None = field(repr=False)
    threshold: float
    fmr: float
    frames: int


def probe_of(likenesses: LikenessesSoFar | None) -> Probe:
    """Return the quality-weighted mean of the likenesses that the challenge's light fell on, of unit length.

    Which frames these are was drawn by lot. Quality weighs them, but chooses none.
    """
    lit = () if likenesses is None else [one for one in likenesses.drawing().likenesses if one.lit]
    if not lit:
        return Probe(None, 0)
    mean = mean_direction([one.embedding for one in lit], [one.weight for one in lit])
    return Probe(mean, len(lit))


def compare(reference: Reference, probe: Probe, threshold: float, fmr: float) -> MatchEvidence:
    """Compare by cosine; ``threshold`` is the model's at the false match rate ``fmr``.

    Inconclusive, never a pass or a failure, if the probe comes from fewer than :data:`MIN_FRAMES` usable
    frames.
    """
    if probe.embedding is None or probe.frames < MIN_FRAMES:
        reasons = (ReasonCode.PROBE_UNUSABLE,)
        return MatchEvidence(Finding.INCONCLUSIVE, reasons, None, threshold, fmr, probe.frames)
    score = cosine(reference.embedding, probe.embedding)
    if score >= threshold:
        return MatchEvidence(Finding.PASS, (), score, threshold, fmr, probe.frames)
    return MatchEvidence(Finding.FAIL, (ReasonCode.FACE_MISMATCH,), score, threshold, fmr, probe.frames)


def summary(evidence: MatchEvidence | None, policy: Policy) -> EvidenceSummary:
    """Return what a report says of the match; ``evidence`` is None where no face was compared."""
    if evidence is None:
        headline = "Presence only was asked for." if policy.presence_only else "No face was compared."
        return EvidenceSummary("match", None, headline)
    score, threshold = number(evidence.score, 3), number(evidence.threshold, 3)
    return EvidenceSummary(
        "match",
        evidence.finding,
        f"Similarity to the reference {score}, threshold {threshold}.",
        evidence.reasons,
        (
            EvidenceFigure("comparison score (cosine)", score, f"at least {threshold}"),
            EvidenceFigure("false match rate of the threshold", power_of_ten(evidence.fmr)),
            EvidenceFigure("frames compared", f"{evidence.frames:,}"),
        ),
    )
