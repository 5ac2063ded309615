"""The match: is the face that answered the challenge the face of the reference?"""

from __future__ import annotations

import hashlib
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

MIN_FRAMES: Final = 3
"""Fewer usable frames leave the match inconclusive: one lucky frame is not a session."""
MIN_WEIGHT: Final = 0.2
"""A frame of lower quality is not usable."""
MIN_USABLE: Final = 0.75
"""Share of the frames drawn that must be usable. Whoever shows a sharp picture of somebody else in three of
ten frames, and blurs their own face in the rest, gets so many of ten dwells with a chance of 0.2 %."""
MIN_AGREEMENT: Final = 0.5
"""Cosine that any two usable frames of a session have at least, if they show one person. Of ten simulated
portraits with even numbers at 5 and 20 % response, 17 of 20 sessions had 0.99 and more between any two
frames, the other three 0.70 to 0.80 (eyes closed in one of the two); different people had at most 0.34."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """The face of the session: the quality-weighted mean embedding of the usable frames among those drawn.

    ``embedding`` is float32, of unit length if the model's embeddings are; None if no frame was usable.
    ``frames`` were usable of the ``drawn``. ``agreement`` is the least cosine between any two of them, 1 of
    fewer than two.
    """

    embedding: NDArray[np.float32] | None = field(repr=False)
    frames: int
    drawn: int
    agreement: float = field(repr=False)

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
    """Keeps one aligned face of each dwell, drawn by the device's own chance, and nothing else of its frames.

    Whoever shows somebody else's picture in some frames of the light cannot know which will be drawn, nor
    make one likelier: the quality of a picture says whether it is usable, and not whether it is drawn. All
    that are drawn have to agree with each other (:func:`compare`).
    """

    def __init__(self, embedder: Embedder, dwell_s: float, device_secret: bytes) -> None:
        """Take the embedder, how long a dwell lasts, and bytes that nobody outside the device has seen.

        The same secret and the same frames keep the same faces: a recording replays to the same match.
        """
        self._embedder = embedder
        self._dwell_s = dwell_s
        seed = hashlib.sha256(b"lightproof frames to match" + device_secret).digest()
        self._chance = np.random.default_rng(int.from_bytes(seed, "big"))
        self._first_s = float("nan")
        self._seen_in_dwell = 0
        self._candidates: list[_Candidate] = []

    def offer(self, rgb: NDArray[np.uint8], face: TrackedFace, time_s: float) -> None:
        """Draw lots for the aligned face of an RGB frame; ``time_s`` is the frame's on the rig's clock.

        Each frame of a dwell is as likely as any other to be the one that is kept (Vitter 1985, algorithm R),
        dwells being counted from the first frame offered. Only the crop is kept, never the frame; a crop
        that makes room for another is overwritten.
        """
        if not self._candidates:
            self._first_s = time_s
        begins = not self._candidates or self._dwell(self._candidates[-1].time_s) != self._dwell(time_s)
        self._seen_in_dwell = 1 if begins else self._seen_in_dwell + 1
        if self._chance.integers(self._seen_in_dwell) > 0:
            return
        if not begins:
            overwrite(self._candidates.pop().crop)
        self._candidates.append(
            _Candidate(self._embedder.crop(rgb, face.points), face.quality.weight, time_s)
        )

    def __len__(self) -> int:
        return len(self._candidates)

    def _dwell(self, time_s: float) -> int:
        return int((time_s - self._first_s) / self._dwell_s)

    def probe(self) -> Probe:
        """Embed the usable faces and return their quality-weighted mean and how far they agree."""
        usable = [kept for kept in self._candidates if kept.weight >= MIN_WEIGHT]
        if not usable:
            return Probe(None, 0, len(self._candidates), 1.0)
        embeddings = np.stack([self._embedder.embed(kept.crop) for kept in usable])
        weights = np.array([kept.weight for kept in usable], np.float32)
        mean = np.asarray(weights @ embeddings / weights.sum(), np.float32)
        agreement = _least_cosine(embeddings)
        overwrite(embeddings)
        if self._embedder.entry.unit_length:
            mean /= max(float(np.linalg.norm(mean)), 1e-12)
        return Probe(mean, len(usable), len(self._candidates), agreement)

    def forget(self) -> None:
        """Overwrite all faces kept."""
        for kept in self._candidates:
            overwrite(kept.crop)
        self._candidates.clear()


def _least_cosine(embeddings: NDArray[np.float32]) -> float:
    pairs = [cosine(one, other) for k, one in enumerate(embeddings) for other in embeddings[k + 1 :]]
    return min(pairs, default=1.0)


def compare(reference: Reference, probe: Probe, threshold: float, fmr: float) -> MatchEvidence:
    """Compare by cosine; ``threshold`` is the model's at the false match rate ``fmr``.

    Inconclusive, never a pass or a failure, if the probe comes from fewer than :data:`MIN_FRAMES` usable
    frames, or from fewer than :data:`MIN_USABLE` of those drawn. A failure, whoever is on the reference, if
    two of them differ by more than :data:`MIN_AGREEMENT` allows: more than one person was shown.
    """

    def found(finding: Finding, score: float | None, *reasons: ReasonCode) -> MatchEvidence:
        return MatchEvidence(finding, reasons, score, threshold, fmr, probe.frames)

    too_few = probe.frames < MIN_FRAMES or probe.frames < MIN_USABLE * probe.drawn
    if probe.embedding is None or too_few:
        return found(Finding.INCONCLUSIVE, None, ReasonCode.PROBE_UNUSABLE)
    score = cosine(reference.embedding, probe.embedding)
    if not probe.agreement >= MIN_AGREEMENT:
        return found(Finding.FAIL, score, ReasonCode.IDENTITY_CHANGED)
    if score >= threshold:
        return found(Finding.PASS, score)
    return found(Finding.FAIL, score, ReasonCode.FACE_MISMATCH)


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
