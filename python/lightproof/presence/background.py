"""The background: what lies beside the face says whether the camera changed its exposure or its colours.

A camera may say that it is locked and not be, and one that cannot be locked may hardly change. Both are
measured: the screen's colours are equally bright, so the background stays as it is unless the camera changes,
and the median over hundreds of points does not mind a shoulder that moves or somebody who passes behind.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.colour import srgb_to_linear
from lightproof.face.tracker import TrackedFace
from lightproof.privacy.forget import overwrite

_STEP_PX: Final = 12
"""Distance of the points: 2,000 in a picture of 640 × 480."""
_AROUND: Final = 0.6
"""How far beyond the mesh hair, ears and neck reach, over the face's width and height."""
_CODES: Final = (20, 245)
"""8-bit codes between which a point counts: below, its noise is a large part of it, and above it clips."""
MIN_POINTS: Final = 60
"""Fewest points: the median of so many, of 4 % noise each, is good to 0.7 %."""


class Background:
    """Compares the background of each frame with that of the first."""

    def __init__(self) -> None:
        self._first: NDArray[np.uint8] | None = None
        self._light = srgb_to_linear(np.arange(256, dtype=np.uint8))

    def change(self, rgb: NDArray[np.uint8], face: TrackedFace) -> NDArray[np.float64] | None:
        """Return the logarithm of red, green and blue over those of the first frame, (3,).

        None where too little beside the face can be seen. ``rgb`` is (height, width, 3) uint8.
        """
        points = np.array(rgb[_STEP_PX // 2 :: _STEP_PX, _STEP_PX // 2 :: _STEP_PX])
        if self._first is None or self._first.shape != points.shape:
            self.forget()
            self._first = points.copy()
        usable = _beside(points.shape[:2], face)
        for picture in (points, self._first):
            usable &= (picture > _CODES[0]).all(axis=-1) & (picture < _CODES[1]).all(axis=-1)
        if int(usable.sum()) < MIN_POINTS:
            overwrite(points)
            return None
        change = np.median(np.log(self._light[points[usable]] / self._light[self._first[usable]]), axis=0)
        overwrite(points)
        return np.asarray(change, np.float64)

    def forget(self) -> None:
        """Overwrite what is held of the first frame."""
        if self._first is not None:
            overwrite(self._first)


def _beside(shape: tuple[int, int], face: TrackedFace) -> NDArray[np.bool_]:
    """Return which points lie beside the head and above the shoulders."""
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    margin = _AROUND * (high - low)
    y, x = (np.indices(shape) + 0.5) * _STEP_PX
    near = (x > low[0] - margin[0]) & (x < high[0] + margin[0]) & (y > low[1] - margin[1])
    return np.asarray(~near & (y < high[1]))
