"""Neighbours: does a frame show what the frames beside it in time show?

From one frame to the next a face moves by parts of a cell and its light changes smoothly over it, because
light that falls on skin is multiplied by the same albedo before and after. A picture of somebody else in its
place changes the texture, the colours between one cell and the next, or where eyes and nose lie on the grid.
Only what lies above the mouth is compared: whoever speaks changes the rest from frame to frame. Somebody who
changes that part alone gains nothing here, for every likeness is of the whole face.

A break is a change too large for a face that moves. If what was there before it does not come back, the scene
was cut; how far the face has come since the session began says nothing of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, ROWS, inverse
from lightproof.face.tracker import TrackedFace
from lightproof.privacy.forget import overwrite

MAX_TEXTURE_CHANGE: Final = 0.06
MAX_CHROMA_CHANGE: Final = 0.03
"""Root mean square of the logarithm's change over the face, of all channels together and between them. In 26
sessions of people with even numbers, blinking five times as often as people do or moving twice as much, at 5
and 10 % response, no frame came above 0.81 of the limits; another face faded in by 30 %, in the right colour,
came to 1.6 times the limits and more (2026-11-26). Four people with even numbers who spoke came to 0.05 in 95
of 100 frames (to 0.23 with the mouth), and to 0.10 in a blink (2026-11-27)."""
MAX_POINTS_CHANGE: Final = 1.0
"""Cells by which an eye or the nose may move on the grid. A mesh errs by up to a pixel, a sixth of a cell of
a face that is 300 px high."""

BREAK: Final = 0.12
"""Change of texture that is a break. People with even numbers who spoke, smiled, nodded, leaned and blinked
came to 0.10; a cut to another of them to 0.25 … 0.42, to their own mirror image to 0.14 … 0.17. A face that
turns by 15 degrees reaches 0.2 … 0.28 in the frame in which it is found anew (2026-11-27)."""

_ABOVE_MOUTH: Final = 30
"""Rows of the grid above the upper lip: the nose's tip lies in row 26, the corners of the mouth in row 36."""

_DARK: Final = 1e-3
"""Linear light added before logarithms: two steps of 8 bits in the dark."""

_V, _U = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
_SMOOTH: Final = np.stack([np.ones_like(_U), _U, _V, _U * _U, _U * _V, _V * _V], axis=-1)
"""The light's change over the face: a quadratic surface, as in relief."""


@dataclass(frozen=True, slots=True)
class Change:
    """How a frame differs from the one before.

    ``size`` is 1 at the limit for a frame that counts as evidence of whose face it is, 0 for the first frame.
    ``away_s`` is how long the picture has been another one than before the last break, 0 where it is not.
    """

    size: float
    away_s: float


class Neighbours:
    """Compares each frame in which the face was found with the one before."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        """Take the cells of the face, (48, 40)."""
        self._mask = mask & (np.arange(ROWS)[:, None] < _ABOVE_MOUTH)
        self._basis, _ = np.linalg.qr(_SMOOTH[self._mask])
        self._texture: NDArray[np.float64] | None = None
        self._points: NDArray[np.float64] | None = None
        self._left: NDArray[np.float64] | None = None
        self._left_s = 0.0

    def change(self, cells: NDArray[np.float32], face: TrackedFace, time_s: float) -> Change:
        """Return how a frame of this time differs from the one before.

        Its size is the largest of three changes over its limit: of the cells' logarithm without what varies
        smoothly, of the same between the colour channels, and of the eyes and the nose on the grid.
        """
        texture = np.log(cells[self._mask].astype(np.float64) + _DARK)
        texture -= self._basis @ (self._basis.T @ texture)
        points = (inverse(face.transform) @ np.column_stack([face.five_points[:3], np.ones(3)]).T).T
        before, points_before = self._texture, self._points
        self._texture, self._points = texture, points
        if before is None or points_before is None:
            return Change(0.0, 0.0)
        changed, chroma = _differences(before, texture)
        moved = float(np.linalg.norm(points - points_before, axis=1).max())
        away_s = self._away_s(before, texture, changed, time_s)
        size = max(changed / MAX_TEXTURE_CHANGE, chroma / MAX_CHROMA_CHANGE, moved / MAX_POINTS_CHANGE)
        return Change(size, away_s)

    def _away_s(
        self, before: NDArray[np.float64], now: NDArray[np.float64], changed: float, time_s: float
    ) -> float:
        """Return how long the picture from before the last break has been away; ``before`` is given up."""
        if self._left is not None and _differences(self._left, now)[0] <= BREAK:
            overwrite(self._left)
            self._left = None
        elif self._left is None and changed > BREAK:
            self._left, self._left_s = before, time_s
            return 0.0
        overwrite(before)
        return 0.0 if self._left is None else time_s - self._left_s

    @property
    def broken(self) -> bool:
        """Whether the picture from before the last break is still away."""
        return self._left is not None

    def forget(self) -> None:
        """Overwrite what is held of the last frame, and of the one before the last break."""
        for held in (self._texture, self._points, self._left):
            if held is not None:
                overwrite(held)


def _differences(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float]:
    """Return the root mean square of the difference, of all channels together and between them."""
    difference = one - other
    luma = difference.mean(axis=1, keepdims=True)
    difference -= luma
    apart = float(np.sqrt((luma**2).mean())), float(np.sqrt((difference**2).mean()))
    overwrite(difference)
    return apart
