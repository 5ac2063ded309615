"""The match: is the face that answered the challenge the face of the reference?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.face.embedding import Embedder, cosine
from lightproof.face.tracker import TrackedFace
from lightproof.policy import Policy
from lightproof.privacy.forget import overwrite
from lightproof.references.document import Reference
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, power_of_ten
from lightproof.verdict import Finding, ReasonCode

BEST_FRAMES: Final = 5
"""Frames that are embedded: more of one sitting change the mean by less than the light does."""
MIN_FRAMES: Final = 3
"""Fewer usable frames leave the match inconclusive: one lucky frame is not a session."""
MIN_WEIGHT: Final = 0.2
"""A frame of lower quality is not usable."""
MIN_GAP_S: Final = 0.2
"""Frames closer in time than this show the same picture; only the better one is kept. One dwell: each frame
kept is lit differently, so that no single colour of light tints the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """The face of the session: the quality-weighted mean embedding, and how many frames it was made from.

    ``embedding`` is float32, of unit length if the model's embeddings are; None if no frame was usable.
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


@dataclass(slots=True, eq=False)
class _Candidate:
    crop: NDArray[np.uint8]
    weight: float
    time_s: float


class ProbeGallery:
    """Keeps the best aligned faces of a session, and nothing else of its frames."""

    def __init__(self, embedder: Embedder, best_frames: int = BEST_FRAMES) -> None:
        self._embedder = embedder
        self._best_frames = best_frames
        self._candidates: list[_Candidate] = []

    def offer(self, rgb: NDArray[np.uint8], face: TrackedFace, time_s: float) -> None:
        """Keep the aligned face of an RGB frame if it is among the best so far.

        ``time_s`` is the frame's time on the rig's clock. Only the crop is kept, never the frame; a crop
        that makes room for a better one is overwritten.
        """
        weight = face.quality.weight
        if weight < MIN_WEIGHT:
            return
        rivals = [kept for kept in self._candidates if abs(kept.time_s - time_s) < MIN_GAP_S]
        if not rivals and len(self._candidates) == self._best_frames:
            rivals = [min(self._candidates, key=lambda kept: kept.weight)]
        if any(kept.weight >= weight for kept in rivals):
            return
        for kept in rivals:
            overwrite(kept.crop)
        self._candidates = [kept for kept in self._candidates if kept not in rivals]
        self._candidates.append(_Candidate(self._embedder.crop(rgb, face.points), weight, time_s))

    def __len__(self) -> int:
        return len(self._candidates)

    def probe(self) -> Probe:
        """Embed the kept faces and return their quality-weighted mean."""
        if not self._candidates:
            return Probe(None, 0)
        embeddings = np.stack([self._embedder.embed(kept.crop) for kept in self._candidates])
        weights = np.array([kept.weight for kept in self._candidates], np.float32)
        mean = np.asarray(weights @ embeddings / weights.sum(), np.float32)
        overwrite(embeddings)
        if self._embedder.entry.unit_length:
            mean /= max(float(np.linalg.norm(mean)), 1e-12)
        return Probe(mean, len(self._candidates))

    def forget(self) -> None:
        """Overwrite all faces kept."""
        for kept in self._candidates:
            overwrite(kept.crop)
        self._candidates.clear()


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
