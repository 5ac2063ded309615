"""Camera faults: what is wrong with the picture itself, whoever sits before it.

A shutter that is closed, a picture that stands still and one without colour are found before anybody is told
to come closer, and long before the light: a camera at fault is not a person who fails.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.privacy.forget import overwrite
from lightproof.verdict import ReasonCode

_STEP_PX: Final = 16
"""Distance of the points that are looked at: 1,200 in a picture of 640 × 480."""

_BLACK_CODE: Final = 16
"""If 99 points in 100 are below this 8-bit code (0.5 % of full scale), no face could be found in it."""

_COLOURLESS: Final = 0.5
"""Mean difference of the channels, in codes: even grey walls differ by more, for every channel has noise of
its own. An infra-red camera, or one that was told to be grey, hands over one channel three times."""

_FROZEN_FRAMES: Final = 6
"""Frames that are the same to the last bit: no two of a working sensor are, in a fifth of a second."""

_REMEMBERED_FRAMES: Final = 24
_MAX_REPEATS: Final = 0.4
"""Share of the last frames that may be those before them. With every other one the latency cannot be
calibrated, with two of three the light is late, and it is the driver that does it."""
_FEWEST_FRAMES: Final = 12


class CameraFaults:
    """Looks for faults of the camera, frame by frame."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None
        self._same = 0
        self._repeats: deque[bool] = deque(maxlen=_REMEMBERED_FRAMES)

    def find(self, rgb: NDArray[np.uint8]) -> ReasonCode | None:
        """Return what is wrong with the picture of a frame, (height, width, 3) uint8, None if nothing is."""
        points = np.array(rgb[_STEP_PX // 2 :: _STEP_PX, _STEP_PX // 2 :: _STEP_PX])
        same = self._last is not None and np.array_equal(self._last, points)
        self._same = self._same + 1 if same else 0
        self._repeats.append(same)
        self.forget()
        self._last = points
        if np.percentile(points.max(axis=-1), 99) < _BLACK_CODE:
            return ReasonCode.TOO_DARK
        if self._same >= _FROZEN_FRAMES:
            return ReasonCode.CAMERA_FROZEN
        if len(self._repeats) >= _FEWEST_FRAMES and np.mean(self._repeats) > _MAX_REPEATS:
            return ReasonCode.CAMERA_REPEATS
        codes = points.astype(np.int16)
        if np.abs(np.diff(codes, axis=-1)).mean() < _COLOURLESS:
            return ReasonCode.CAMERA_COLOURLESS
        return None

    def forget(self) -> None:
        """Overwrite what is held of the last frame."""
        if self._last is not None:
            overwrite(self._last)
