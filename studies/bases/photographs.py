"""The photograph of a person: its light, and where the face lies on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import srgb_to_linear
from lightproof.face.alignment import EYE_DISTANCE_M, eye_distance_px, five_points
from lightproof.simulation.portrait import find_face
from studies.bases.errors import InputChangedError

_ABOVE: Final = 2.1
_BELOW: Final = 3.0
_BESIDE: Final = 2.0
"""What a print or a screen shows of the photograph: distances of the eyes around their middle."""


@dataclass(frozen=True, slots=True, eq=False)
class Photograph:
    """A person's photograph.

    ``radiance`` is linear RGB 0…1, float64 (height, width, 3); ``points`` (468, 2) float64 is the face mesh
    in its pixels.
    """

    radiance: NDArray[np.float64]
    points: NDArray[np.float64]

    def cut_out(self) -> tuple[NDArray[np.float64], float]:
        """Return head and shoulders as they are printed or replayed, and their height in life, in cm."""
        right, left = five_points(self.points)[:2]
        eyes_px = eye_distance_px(self.points)
        x, y = (right + left) / 2
        rows = slice(max(int(y - _ABOVE * eyes_px), 0), int(y + _BELOW * eyes_px))
        columns = slice(max(int(x - _BESIDE * eyes_px), 0), int(x + _BESIDE * eyes_px))
        cut = self.radiance[rows, columns]
        return cut, 100 * EYE_DISTANCE_M * cut.shape[0] / eyes_px


def load_photograph(path: Path) -> Photograph:
    """Read a photograph and find its face with the product's own networks.

    Raises:
        InputChangedError: it is not a picture, or no face is found on it.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputChangedError(f"{path} is not a picture that can be read; copy it again")
    rgb = np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8)
    points = find_face(rgb)
    if points is None:
        raise InputChangedError(f"{path} shows no face that is found; take a frontal photograph")
    return Photograph(srgb_to_linear(rgb), points[:, :2].astype(np.float64))
