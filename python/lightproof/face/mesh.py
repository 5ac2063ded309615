"""Fits the 468-point face mesh (Kartynnik et al. 2019) to a region of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import ManifestError
from lightproof.face.alignment import LEFT_EYE, RIGHT_EYE, cut
from lightproof.face.detector import Detection
from lightproof.face.runtime import Network
from lightproof.privacy.forget import overwrite

POINTS: Final = 468
REGION_MARGIN: Final = 1.5
"""Side of the region over the longer side of the face in it, as the network was trained (MediaPipe face
graphs)."""
MIN_PRESENCE: Final = 0.5
"""MediaPipe's default: below it there is no face in the region."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square of a picture that holds one face.

    Centre and side are in pixels, roll is in radians (clockwise as seen).
    """

    x_px: float
    y_px: float
    side_px: float
    roll_rad: float

    @classmethod
    def around_detection(cls, face: Detection) -> Region:
        """Return the region of a detected face, turned so that the line of its eyes lies level."""
        x, y = (face.box[:2] + face.box[2:]) / 2
        return cls(float(x), float(y), face.size_px * REGION_MARGIN, _angle(*face.keypoints[:2]))

    @classmethod
    def around_points(cls, points: NDArray[np.float32]) -> Region:
        """Return the region of a face whose mesh is known, to follow it into the next frame."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        x, y = (low + high) / 2
        side = float((high - low).max()) * REGION_MARGIN
        return cls(float(x), float(y), side, _angle(points[RIGHT_EYE[0], :2], points[LEFT_EYE[1], :2]))

    def upside_down(self) -> Region:
        """Return the same square, turned by half a turn."""
        return replace(self, roll_rad=self.roll_rad + math.pi)

    def transform(self, size: int) -> NDArray[np.float64]:
        """Return the (2, 3) similarity from picture pixels to a square of ``size`` pixels."""
        scale = size / self.side_px
        cosine, sine = math.cos(self.roll_rad) * scale, math.sin(self.roll_rad) * scale
        linear = np.array([[cosine, sine], [-sine, cosine]])
        return np.column_stack([linear, size / 2 - linear @ np.array([self.x_px, self.y_px])])


@dataclass(frozen=True, slots=True, eq=False)
class MeshFit:
    """A mesh in a picture.

    ``points``, shape (468, 3), float32: x and y in pixels of the picture, z in pixels of the same scale,
    smaller is nearer to the camera, relative to the middle of the head. ``logit`` is the network's belief
    that the region held an upright face: above 30 if it did, -5 to 20 if the face stood on its head.
    """

    points: NDArray[np.float32]
    logit: float

    @property
    def presence(self) -> float:
        """The belief that the region held a face, 0..1."""
        return 1 / (1 + math.exp(-min(max(self.logit, -80.0), 80.0)))


class FaceMesh:
    """A face mesh network."""

    def __init__(self, network: Network) -> None:
        """Take a network of role mesh.

        Raises:
            ManifestError: the network does not yield 468 points and a presence.
        """
        width, height = network.entry.input_size
        self._network = network
        self._size = width
        self._region = np.zeros((height, width, 3), np.uint8)
        found = [output.size for output in network(self._region)]
        if found != [POINTS * 3, 1] or width != height:
            raise ManifestError(
                f"model {network.entry.name!r} is not a face mesh: it yields {found} values, "
                f"wanted [{POINTS * 3}, 1]: correct role or file"
            )

    def fit(self, rgb: NDArray[np.uint8], region: Region) -> MeshFit:
        """Fit the mesh to one region of an RGB picture, shape (height, width, 3)."""
        transform = region.transform(self._size)
        cut(rgb, transform, self._region)
        values, logit = self._network(self._region)
        points = values.reshape(POINTS, 3).astype(np.float64)
        linear = np.linalg.inv(transform[:, :2])
        points[:, :2] = (points[:, :2] - transform[:, 2]) @ linear.T
        points[:, 2] *= region.side_px / self._size
        return MeshFit(points.astype(np.float32), float(logit.item()))

    def forget(self) -> None:
        """Overwrite what is held of the last picture."""
        overwrite(self._region)
        self._network.forget()


def _angle(right: NDArray[np.floating], left: NDArray[np.floating]) -> float:
    x, y = (float(value) for value in left - right)
    return math.atan2(y, x)
