"""Neighbours: does a frame show what the frames beside it in time show?

From one frame to the next a face moves by parts of a cell and its light changes smoothly over it, because
light that falls on skin is multiplied by the same albedo before and after. A picture of somebody else in its
place changes the texture, the colours between one cell and the next, or where eyes and nose lie on the grid.
"""

from __future__ import annotations

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
came to 1.6 times the limits and more (2026-11-26)."""
MAX_POINTS_CHANGE: Final = 1.0
"""Cells by which an eye or the nose may move on the grid. A mesh errs by up to a pixel, a sixth of a cell of
a face that is 300 px high."""

_DARK: Final = 1e-3
"""Linear light added before logarithms: two steps of 8 bits in the dark."""

_V, _U = np.mgrid[-1 : 1 : ROWS * 1j, -1 : 1 : COLUMNS * 1j]
_SMOOTH: Final = np.stack([np.ones_like(_U), _U, _V, _U * _U, _U * _V, _V * _V], axis=-1)
"""The light's change over the face: a quadratic surface, as in relief."""


class Neighbours:
    """Compares each frame that the light fell on with the one before."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        """Take the cells that are compared, (48, 40)."""
        self._mask = mask
        self._basis, _ = np.linalg.qr(_SMOOTH[mask])
        self._texture: NDArray[np.float64] | None = None
        self._points: NDArray[np.float64] | None = None

    def change(self, cells: NDArray[np.float32], face: TrackedFace) -> float:
        """Return how far a frame is from the one before, 1 at the limit; 0 for the first.

        The largest of three changes over its limit: of the cells' logarithm without what varies smoothly, of
        the same between the colour channels, and of the eyes and the nose on the grid.
        """
        logarithms = np.log(cells[self._mask].astype(np.float64) + _DARK)
        logarithms -= self._basis @ (self._basis.T @ logarithms)
        points = (inverse(face.transform) @ np.column_stack([face.five_points[:3], np.ones(3)]).T).T
        before, points_before = self._texture, self._points
        self._texture, self._points = logarithms, points
        if before is None or points_before is None:
            return 0.0
        before -= logarithms
        luma = before.mean(axis=1, keepdims=True)
        texture = float(np.sqrt((luma**2).mean()))
        chroma = float(np.sqrt(((before - luma) ** 2).mean()))
        moved = float(np.linalg.norm(points - points_before, axis=1).max())
        overwrite(before)
        return max(texture / MAX_TEXTURE_CHANGE, chroma / MAX_CHROMA_CHANGE, moved / MAX_POINTS_CHANGE)

    def forget(self) -> None:
        """Overwrite what is held of the last frame."""
        for held in (self._texture, self._points):
            if held is not None:
                overwrite(held)
