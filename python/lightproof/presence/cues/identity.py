"""Identity: do all frames of the session show one person?

An attacker would let a living accomplice answer the light and show somebody else's picture before, between
or after, or fade from one to the other so slowly that neighbours agree. So every two of the frames that were
drawn by lot (:mod:`~lightproof.presence.likenesses`) have to agree, the first with the last as well. Frames
that are blurred on purpose, or unlike their neighbours, are neither compared nor matched: too many of them
are no evidence. What is left is a mixture of two faces that stays the same from beginning to end; it is one
person by this cue, and for the match and the light's own cues to tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.presence.likenesses import Drawing, LikenessesSoFar
from lightproof.privacy.forget import overwrite
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, percent
from lightproof.verdict import Finding, ReasonCode

CHANGED: Final = 0.5
"""Below this part of the threshold two frames show two people; between, the session is inconclusive. In 26
sessions of people with even numbers, most of them blinking five times as often as people do, the lowest
cosine was 0.59, above the shipped model's threshold of 0.532; half of that is 0.266 (2026-11-26)."""

MIN_POSITION: Final = 1
MIN_LIT: Final = 6
"""Usable frames from before the light and under it; at 30 frames a second 4 and 18 are drawn by the first
look."""

MAX_UNUSABLE: Final = 0.25
"""Share of the frames drawn that may be blurred, turned away, or unlike those beside them in time. Frames
that are not usable are never matched, so nothing can hide in them; many of them are no evidence."""


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """Whether all frames of the session show one person.

    ``frames`` are those compared, each with every other, ``unusable`` those that were drawn and could not be.
    ``lowest`` is the lowest cosine of two, None if there were no two; it stays local.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    frames: int
    unusable: int
    lowest: float | None = field(repr=False)
    threshold: float | None


NO_IDENTITY: Final = IdentityEvidence(Finding.INCONCLUSIVE, (ReasonCode.IDENTITY_UNCLEAR,), 0, 0, None, None)
"""The evidence where no frame was drawn."""


def judge(likenesses: LikenessesSoFar | None) -> IdentityEvidence:
    """Return the evidence of what was drawn so far; waits for embeddings that are being made."""
    if likenesses is None:
        return NO_IDENTITY
    drawing = likenesses.drawing()
    lowest = None
    finding: Finding = Finding.INCONCLUSIVE
    reasons: tuple[ReasonCode, ...] = (ReasonCode.IDENTITY_UNCLEAR,)
    if len(drawing.likenesses) > 1:
        cosines = _cosines(drawing)
        lowest = float(cosines.min())
        if _changed(cosines, CHANGED * drawing.threshold):
            finding, reasons = Finding.FAIL, (ReasonCode.IDENTITY_CHANGED,)
        elif lowest >= drawing.threshold and _enough(drawing):
            finding, reasons = Finding.PASS, ()
    return IdentityEvidence(
        finding, reasons, len(drawing.likenesses), drawing.unusable, lowest, drawing.threshold
    )


def _enough(drawing: Drawing) -> bool:
    usable = len(drawing.likenesses)
    lit = sum(likeness.lit for likeness in drawing.likenesses)
    drawn = usable + drawing.unusable
    return lit >= MIN_LIT and usable - lit >= MIN_POSITION and drawing.unusable <= MAX_UNUSABLE * drawn


def _cosines(drawing: Drawing) -> NDArray[np.float32]:
    """Return the cosine of every two likenesses, (N, N)."""
    stacked = np.stack([likeness.embedding for likeness in drawing.likenesses])
    lengths = np.linalg.norm(stacked, axis=1, keepdims=True)
    dots = stacked @ stacked.T
    overwrite(stacked)
    return np.asarray(dots / np.maximum(lengths @ lengths.T, 1e-12), np.float32)


def _changed(cosines: NDArray[np.float32], below: float) -> bool:
    """Return whether two people were seen, whichever frame is left out.

    One frame alone that is unlike all others may have a hand before the face: no evidence, but no failure.
    """
    unlike = cosines < below
    return bool(unlike.any()) and not any(
        not np.delete(np.delete(unlike, one, 0), one, 1).any() for one in np.flatnonzero(unlike.any(axis=1))
    )


def summary(evidence: IdentityEvidence) -> EvidenceSummary:
    """Return what a report says of identity."""
    drawn = evidence.frames + evidence.unusable
    lowest, threshold = number(evidence.lowest, 3), number(evidence.threshold, 3)
    return EvidenceSummary(
        "identity",
        evidence.finding,
        f"{evidence.frames:,} frames drawn by lot, each compared with every other.",
        evidence.reasons,
        (
            EvidenceFigure("frames compared, each with every other", f"{evidence.frames:,}"),
            EvidenceFigure(
                "frames drawn that were not usable",
                percent(evidence.unusable / max(drawn, 1)),
                f"at most {percent(MAX_UNUSABLE)}",
            ),
            EvidenceFigure("lowest cosine of two frames", lowest, f"at least {threshold}"),
        ),
    )
