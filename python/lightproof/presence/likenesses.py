"""Likenesses: embeddings of frames that nobody but the device could have named beforehand.

Which frames of a session are embedded is drawn by lot, never by how good they look: whoever shows a picture
for some frames cannot know which of them will count, and gains nothing by making them attractive. The lots
come from the session's own randomness, so a recording draws the same ones.
"""

from __future__ import annotations

import hmac
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.face.embedding import Embedder
from lightproof.face.tracker import TrackedFace
from lightproof.privacy.forget import overwrite

LOTS: Final = 2
"""Frames drawn in every stretch of a session (its position step, the moment to hold still, each dwell): one
in three of the frames of a dwell of 0.2 s at 30 frames a second. Embedding them takes under 10 ms of it."""

MIN_WEIGHT: Final = 0.2
"""A frame of lower quality (:class:`~lightproof.face.quality.Quality`) is drawn like any other, but is not
usable."""

IDENTITY_FMR: Final = 1e-4
"""False match rate of the model's threshold from which two likenesses show one person: no two frames of a
session may be less alike than two pictures that match."""

_LABEL: Final = b"lightproof likenesses"
"""Separates the lots from what else is drawn from the decoy seed."""


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """The face of one frame that was drawn.

    ``embedding`` is float32 as the embedder makes it, ``weight`` 0..1 the picture's quality, ``time_s`` the
    frame's time on the rig's clock. ``lit`` says that the challenge's light fell on it: only then it may be
    matched.
    """

    embedding: NDArray[np.float32] = field(repr=False)
    weight: float
    time_s: float
    lit: bool


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What was drawn up to some moment: the usable likenesses in order, and how many frames were not usable.

    ``threshold`` is the least cosine at which two of them show one person.
    """

    likenesses: tuple[Likeness, ...]
    unusable: int
    threshold: float


@dataclass(slots=True, eq=False)
class Draw:
    """A frame that a lot fell on; ``number`` counts the lit frames, None for others."""

    weight: float
    time_s: float
    number: int | None
    crop: NDArray[np.uint8] | None
    embedding: Future[NDArray[np.float32]] | None = None


class Likenesses:
    """Draws frames by lot, embeds them in a thread beside the light, and keeps the embeddings alone.

    In each stretch of the session every frame offered is as likely to be drawn as every other, usable or not
    (reservoir sampling, Vitter 1985, algorithm R, once for each of :data:`LOTS`). A crop is overwritten when
    another takes its place, and when it is embedded.

    Example::

        likenesses = scope.keep(Likenesses(networks.embedder, entropy.decoy_seed))
        likenesses.offer(sample.rgb, sample.face, frame.sensor_time_s)
        likenesses.end_stretch()
        drawing = likenesses.snapshot().drawing()
    """

    def __init__(self, embedder: Embedder, seed: bytes) -> None:
        """Take the embedder and 32 bytes that only the device knows."""
        self._embedder = embedder
        self._key = hmac.digest(seed, _LABEL, "sha256")
        self._threshold = embedder.entry.threshold_at(IDENTITY_FMR)
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._drawn: list[Draw] = []
        self._changes: list[float] = []
        self._held: list[Draw | None] = [None] * LOTS
        self._offered = self._lots_cast = 0

    def offer(
        self, rgb: NDArray[np.uint8], face: TrackedFace, time_s: float, change: float | None = None
    ) -> None:
        """Let the lots decide whether the face of an RGB frame is embedded.

        Args:
            rgb: the picture, of which at most the aligned face is kept.
            face: where the face is.
            time_s: the frame's time on the rig's clock.
            change: of a frame that the light fell on, how far its picture is from the one before
                (:class:`~lightproof.presence.neighbours.Neighbours`); None for a frame without that light.
        """
        number = None
        if change is not None:
            number = len(self._changes)
            self._changes.append(change)
        self._offered += 1
        for lot in range(LOTS):
            if self._chance() * self._offered < 1:
                _drop(self._held[lot])
                weight = face.quality.weight
                crop = self._embedder.crop(rgb, face.points) if weight >= MIN_WEIGHT else None
                self._held[lot] = Draw(weight, time_s, number, crop)

    def end_stretch(self) -> None:
        """Embed what was drawn since the last stretch; a frame that both lots fell on counts once."""
        for lot, draw in enumerate(self._held):
            if draw is None:
                continue
            self._held[lot] = None
            if any(draw.time_s == other.time_s for other in self._drawn):
                _drop(draw)
                continue
            if draw.crop is not None:
                draw.embedding = self._thread.submit(self._embed, draw.crop)
            self._drawn.append(draw)
        self._offered = 0

    def restart(self) -> None:
        """Overwrite what was drawn in this stretch and begin it anew."""
        for lot, draw in enumerate(self._held):
            _drop(draw)
            self._held[lot] = None
        self._offered = 0

    def snapshot(self) -> LikenessesSoFar:
        """Return what was drawn in the stretches that have ended, to be looked at in another thread."""
        return LikenessesSoFar(tuple(self._drawn), tuple(self._changes), self._threshold)

    def close(self) -> None:
        """Draw no more, and wait for the embeddings that are being made."""
        self._thread.shutdown(wait=True)

    def forget(self) -> None:
        """Overwrite all faces and embeddings, the ones being made included."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self.restart()
        for draw in self._drawn:
            _drop(draw)
        self._drawn.clear()

    def _embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        try:
            return self._embedder.embed(crop)
        finally:
            overwrite(crop)

    def _chance(self) -> float:
        """Return the next number from 0 to 1, of 64 bits of HMAC-SHA-256 in counter mode."""
        self._lots_cast += 1
        block = hmac.digest(self._key, self._lots_cast.to_bytes(8), "sha256")
        return int.from_bytes(block[:8]) / 2**64


@dataclass(frozen=True, slots=True, eq=False)
class LikenessesSoFar:
    """What was drawn by some moment; its embeddings may still be in the making, and belong to the session."""

    _drawn: tuple[Draw, ...]
    _changes: tuple[float, ...]
    _threshold: float

    def drawing(self) -> Drawing:
        """Return what was drawn, after waiting for the embeddings that are being made."""
        usable = tuple(
            Likeness(draw.embedding.result(), draw.weight, draw.time_s, draw.number is not None)
            for draw in self._drawn
            if draw.embedding is not None and self._agrees(draw.number)
        )
        return Drawing(usable, len(self._drawn) - len(usable), self._threshold)

    def _agrees(self, number: int | None) -> bool:
        """Return whether a lit frame agrees with the one before and, if there is one, with the one after."""
        return number is None or all(change <= 1 for change in self._changes[number : number + 2])


def _drop(draw: Draw | None) -> None:
    if draw is None:
        return
    if draw.crop is not None:
        overwrite(draw.crop)
    made = draw.embedding
    if made is not None and made.done() and not made.cancelled() and made.exception() is None:
        overwrite(made.result())
