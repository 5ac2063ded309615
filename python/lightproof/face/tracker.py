"""Follows the one face of a session from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, ROWS, five_points, grid_transform, inverse, scale_of
from lightproof.face.detector import SAME_FACE_OVERLAP, Detection, overlap
from lightproof.face.mesh import MIN_PRESENCE, MeshFit, Region
from lightproof.face.networks import FaceNetworks
from lightproof.face.quality import Quality, measure_quality
from lightproof.face.registration import KeyPicture

DETECT_EVERY_FRAMES: Final = 15
"""Half a second at 30 frames a second: how long a second face may go unnoticed."""
SECOND_FACE_SIZE: Final = 0.3
"""A second face counts from this part of the first one's size: with the first at 0.35 m, within about 1.2
m."""
_DISAGREEMENT: Final = 0.05
"""Registration and mesh may differ by this part of the grid's width, three times what a turned head makes
them."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackedFace:
    """The face in one frame.

    ``points``, shape (468, 3), float32, are the raw mesh in pixels, ``five_points``, shape (5, 2), float64,
    its eyes, nose tip and mouth corners (:func:`~lightproof.face.alignment.five_points`), ``box``, shape
    (4,), float64, (left, top, right, bottom) around it, ``presence`` 0..1 the mesh's belief that this is a
    face.

    ``transform``, shape (2, 3), float64, maps grid coordinates to pixels. It is registered to the first
    frame of the ``track`` and steady to a few hundredths of a pixel; frames of different tracks are only
    aligned to about a pixel. ``several_faces`` says whether a second face was there when the detector last
    looked.
    """

    points: NDArray[np.float32]
    five_points: NDArray[np.float64]
    box: NDArray[np.float64]
    presence: float
    transform: NDArray[np.float64]
    track: int
    several_faces: bool
    quality: Quality


class FaceTracker:
    """Follows one face; the frames must come in order.

    A frame costs one registration and one mesh. The detector runs when there is no face to follow and every
    ``detect_every_frames`` frames, to notice a second one. Nothing is smoothed in time: what steadies the
    grid is that every frame is registered to the same key picture, and that the mesh looks at a region
    which moves with the face, so that its errors move along.
    """

    def __init__(self, networks: FaceNetworks, detect_every_frames: int = DETECT_EVERY_FRAMES) -> None:
        self._networks = networks
        self._detect_every_frames = detect_every_frames
        self._frames_since_detection = 0
        self._several_faces = False
        self._track = 0
        self._key_picture: KeyPicture | None = None
        self._transform = np.zeros((2, 3))
        self._region_on_grid = np.zeros(4)

    def track(self, rgb: NDArray[np.uint8]) -> TrackedFace | None:
        """Return the face in the next RGB frame, shape (height, width, 3), None if there is none."""
        fit = self._follow(rgb)
        if fit is None or self._frames_since_detection >= self._detect_every_frames:
            fit = self._detect(rgb, fit)
        self._frames_since_detection += 1
        if fit is None:
            self.restart()
            return None
        if self._key_picture is None:
            self._start_track(rgb, fit)
        points = fit.points
        return TrackedFace(
            points=points,
            five_points=five_points(points),
            box=_box(points),
            presence=fit.presence,
            transform=self._transform.copy(),
            track=self._track,
            several_faces=self._several_faces,
            quality=measure_quality(rgb, points),
        )

    def restart(self) -> None:
        """Forget the key picture; the next frame with a face becomes the first of a new track."""
        if self._key_picture is not None:
            self._key_picture.forget()
            self._key_picture = None

    def forget(self) -> None:
        """Overwrite everything held of the face."""
        self.restart()

    def _follow(self, rgb: NDArray[np.uint8]) -> MeshFit | None:
        """Return the mesh of the followed face, registered if possible, None if it is lost."""
        if self._key_picture is None:
            return None
        transform = self._key_picture.align(rgb, self._transform)
        fit = self._networks.mesh.fit(rgb, self._region(transform))
        if fit.presence >= MIN_PRESENCE and _agree(transform, fit):
            self._transform = transform
            return fit
        # a jump beyond the reach of registration: let the mesh bridge it from where the face was
        fit = self._networks.mesh.fit(rgb, self._region(self._transform))
        if fit.presence < MIN_PRESENCE:
            return None
        transform = self._key_picture.align(rgb, grid_transform(fit.points))
        if _agree(transform, fit):
            self._transform = transform
        else:
            self.restart()
        return fit

    def _detect(self, rgb: NDArray[np.uint8], followed: MeshFit | None) -> MeshFit | None:
        """Look for all faces; return the followed one if it is still there, else the largest."""
        self._frames_since_detection = 0
        faces = self._networks.near.find(rgb)
        if followed is not None:
            others = [face for face in faces if overlap(face.box, _box(followed.points)) < SAME_FACE_OVERLAP]
            self._several_faces = self._any_second(rgb, others, _size_px(followed))
            return followed
        self._several_faces = False
        for index, face in enumerate(faces):
            fit = self._networks.fit_detection(rgb, face)
            if fit is not None:
                self._several_faces = self._any_second(rgb, faces[index + 1 :], _size_px(fit))
                return fit
        return None

    def _any_second(self, rgb: NDArray[np.uint8], others: list[Detection], size_px: float) -> bool:
        return any(
            face.size_px >= SECOND_FACE_SIZE * size_px and self._networks.fit_detection(rgb, face) is not None
            for face in others
        )

    def _start_track(self, rgb: NDArray[np.uint8], fit: MeshFit) -> None:
        self._track += 1
        self._transform = grid_transform(fit.points)
        self._key_picture = KeyPicture(rgb, self._transform)
        region = Region.around_points(fit.points)
        centre = inverse(self._transform) @ np.array([region.x_px, region.y_px, 1.0])
        scale = scale_of(self._transform)
        self._region_on_grid = np.array(
            [centre[0], centre[1], region.side_px / scale, region.roll_rad - _roll(self._transform)]
        )

    def _region(self, transform: NDArray[np.float64]) -> Region:
        """Return the mesh's region, which is fixed to the grid."""
        u, v, side, roll = (float(value) for value in self._region_on_grid)
        x, y = transform @ np.array([u, v, 1.0])
        return Region(float(x), float(y), side * scale_of(transform), roll + _roll(transform))


def _roll(transform: NDArray[np.float64]) -> float:
    return float(np.arctan2(transform[1, 0], transform[0, 0]))


def _agree(transform: NDArray[np.float64], fit: MeshFit) -> bool:
    corners = np.array([[0, 0, 1], [COLUMNS, 0, 1], [0, ROWS, 1], [COLUMNS, ROWS, 1]])
    meshed = grid_transform(fit.points)
    apart = np.linalg.norm(corners @ (transform - meshed).T, axis=1).max()
    return bool(apart < _DISAGREEMENT * COLUMNS * scale_of(meshed))


def _box(points: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float64)


def _size_px(fit: MeshFit) -> float:
    left, top, right, bottom = _box(fit.points)
    return float(max(right - left, bottom - top))
