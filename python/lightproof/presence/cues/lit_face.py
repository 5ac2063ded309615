"""Lit face: is the face that the camera shows the face that the screen lights?

An attacker would let one surface answer the light (an accomplice, a white head) and bring somebody else's
picture with light of its own: by a beamer, a tablet, in the feed. The picture that the code itself lights
(:mod:`~lightproof.presence.lit_picture`) shows the surface alone, and has to show the person of the frames
that were drawn by lot. What follows the code as skin does, a print on a head or frames that are relit pixel
by pixel, passes here, and is left to relief and latency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from lightproof.face.embedding import cosine, mean_direction
from lightproof.presence.observation import Observation
from lightproof.privacy.forget import overwrite
from lightproof.summary import EvidenceFigure, EvidenceSummary, number
from lightproof.verdict import Finding, ReasonCode

MIN_COSINE: Final = 0.45
"""Least cosine of the lit picture and the mean of the lit likenesses. Ten people with even numbers had 0.53
and more at 3 % response, 0.61 at 5 %, 0.64 at 10 %, 0.74 at 20 %; eight path-traced heads that moved, with
even numbers, 0.59 at 5 % and 0.67 at 10 %."""

DIFFERS_COSINE: Final = 0.15
"""Below this it is somebody else, or nothing that has the face's features."""


@dataclass(frozen=True, slots=True)
class LitFaceEvidence:
    """Whether the face that the camera shows is the face that the screen lights.

    ``cosine`` compares the embedding of the lit picture with the mean of those of the frames; None where
    there was no lit picture. It stays local.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    cosine: float | None = field(repr=False)


_HEADLINES: Final = {
    Finding.PASS: "The picture that the screen's light makes is of the face that was seen.",
    Finding.FAIL: "The picture that the screen's light makes is not of the face that was seen.",
    Finding.INCONCLUSIVE: "The screen's light made no picture in which a face can be told.",
}

NO_LIT_FACE: Final = LitFaceEvidence(Finding.INCONCLUSIVE, (ReasonCode.LIT_FACE_UNCLEAR,), None)
"""The evidence where the light showed no picture, or no frame was drawn."""


def judge(observation: Observation) -> LitFaceEvidence:
    """Return the evidence of what was lit so far."""
    likenesses, lit_picture = observation.likenesses, observation.lit_picture
    seen = [] if likenesses is None else [one for one in likenesses.drawing().likenesses if one.lit]
    lit = None if lit_picture is None or not seen else lit_picture.embedding()
    if lit is None:
        return NO_LIT_FACE
    mean = mean_direction([one.embedding for one in seen])
    agreement = cosine(lit, mean)
    overwrite(lit)
    overwrite(mean)
    if agreement >= MIN_COSINE:
        return LitFaceEvidence(Finding.PASS, (), agreement)
    if agreement < DIFFERS_COSINE:
        return LitFaceEvidence(Finding.FAIL, (ReasonCode.LIT_FACE_DIFFERS,), agreement)
    return LitFaceEvidence(Finding.INCONCLUSIVE, (ReasonCode.LIT_FACE_UNCLEAR,), agreement)


def summary(evidence: LitFaceEvidence) -> EvidenceSummary:
    """Return what a report says of the lit face."""
    return EvidenceSummary(
        "lit_face",
        evidence.finding,
        _HEADLINES[evidence.finding],
        evidence.reasons,
        (
            EvidenceFigure(
                "cosine of the lit picture and the frames",
                number(evidence.cosine, 3),
                f"at least {MIN_COSINE:.2f}",
            ),
        ),
    )
